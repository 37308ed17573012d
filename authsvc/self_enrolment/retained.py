"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept("self_enrolment_peopleprovider", "until an owner removes it"),
    Kept("self_enrolment_arrival", "until the organisation erases the person"),
)
