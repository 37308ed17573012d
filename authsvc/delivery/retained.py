"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Swept

ROWS = (
    Swept(
        "delivery_delivery",
        "created_at",
        timedelta(days=7),
        "the last try comes within a quarter of an hour; afterwards for whoever asks why nothing came",
    ),
)
