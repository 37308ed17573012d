"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept(
        "branding_branding",
        "until an administrator changes it: one row an organisation, with its colour and logo",
    ),
)
