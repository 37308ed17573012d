"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Swept

ROWS = (
    Swept(
        "limits_counter",
        "over_at",
        timedelta(0),
        "what was tried is known for as long as it counts, two windows of its limit",
        tenants=False,
        key="place",
    ),
)
