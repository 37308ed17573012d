"""Whether the relying party is in test or live, and since when it is deleted; nobody sets these by a form."""

from datetime import datetime, timedelta
from typing import Final

from authsvc.clients.kinds import TEXT
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Setting

TEST, LIVE = "test", ""
UNDO: Final = timedelta(days=30)
"""So long a relying party that was deleted can be brought back."""

STAGE: Final = Setting("stage", TEXT)
REMOVED_AT: Final = Setting("removed_at", TEXT)
SETTINGS = (STAGE, REMOVED_AT)


def in_test(party: RelyingParty) -> bool:
    """Whether nobody can sign in there yet (S6.2-08)."""
    return bool(STAGE.of(party) == TEST)


def removed_at(party: RelyingParty) -> datetime | None:
    """Return when it was deleted, None for one that is not."""
    text = REMOVED_AT.of(party)
    return datetime.fromisoformat(text) if text else None
