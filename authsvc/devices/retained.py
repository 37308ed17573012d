"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept(
        "subjects_device",
        "until it is revoked; the row stays with its person, so that a revoked passkey is not taken anew",
    ),
)
