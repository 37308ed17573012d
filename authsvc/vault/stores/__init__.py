"""Where the sealed parts of references lie: our database, or a store of objects that somebody else runs."""
