"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept(
        "hosts_host",
        "while the organisation has the host, and for good afterwards: passkeys that were made there name "
        "it; an administrator takes back one that never went live",
    ),
)
