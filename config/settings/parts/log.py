"""What the audit log calls itself, and where its checkpoints are kept beside the database (docs/audit.md)."""

from urllib.parse import urlsplit

from config.settings.given import given

LOG_NAME = given.log_name or urlsplit(given.base_url).netloc
LOG_ANCHOR = given.log_anchor
LOG_WITNESS = given.log_witness
LOG_WITNESS_KEY = given.log_witness_key
# Where the key that signs checkpoints is not among the process's secrets, by the same name.
CHECKPOINT_KEY: dict[str, bytes] = {}
