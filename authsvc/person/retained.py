"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Swept

ROWS = (
    Swept(
        "person_visit",
        "proven_at",
        timedelta(days=1),
        "a visit is over after an hour; the receipts of what was done in it can be found for a day",
    ),
)
