"""Where checkpoints are kept beside the database: places that the database's owner cannot write."""
