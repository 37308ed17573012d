"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Kept, Swept

ROWS = (
    Swept(
        "management_approval",
        "expires_at",
        timedelta(days=90),
        "the portal shows for three months what was asked for and who agreed; the log says it for longer",
    ),
    Swept(
        "management_policydraft",
        "saved_at",
        timedelta(days=90),
        "nobody has touched the draft for three months, and what it was compared with is gone by then",
    ),
    Kept(
        "management_read",
        "for good: at most two rows an organisation, that somebody read what it has to know",
    ),
    Swept(
        "management_logcheck",
        "asked_at",
        timedelta(days=90),
        "the portal lists checks of the log for three months; the log says of each for longer what it found",
    ),
    Swept(
        "management_savedfilter",
        "saved_at",
        timedelta(days=365),
        "whoever saved the filter has not saved it anew for a year, and may have left the team",
    ),
)
