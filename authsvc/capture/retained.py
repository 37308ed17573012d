"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (Kept("capture_build", "for good: one row a build of the page, so that a blocked one stays so"),)
