"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Kept, Swept

ROWS = (
    Swept(
        "memberships_invitation",
        "expires_at",
        timedelta(days=30),
        "the team sees for a month what became of an invitation",
    ),
    Kept("memberships_singlesignon", "until an owner removes it"),
    Kept("memberships_identity", "until an owner removes it, or the provider that it is known to"),
)
