"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Kept, Swept

ROWS = (
    Swept(
        "privacy_consentreceipt",
        "expires_at",
        timedelta(days=396),
        "that somebody agreed, and to which words, can be shown for as long as the log speaks of it",
    ),
    Swept(
        "privacy_dispute",
        "opened_at",
        timedelta(days=396),
        "what a person objected to, and what they were answered, is known as long as the log speaks of it",
    ),
    Kept("privacy_need", "until the person takes it back, or is closed"),
)
