"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept("reach_pushkey", "for good: one row an organisation; another key would cut off every browser"),
    Kept("reach_subscription", "until its browser is gone, its device revoked, or the person closed"),
    Kept("reach_preference", "until the person is closed"),
)
