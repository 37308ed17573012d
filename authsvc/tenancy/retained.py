"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (Kept("tenancy_tenant", "for good: every other row names its organisation"),)
