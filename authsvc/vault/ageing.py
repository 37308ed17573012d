"""How old a person's reference is: which moments count, since when, and what follows (S5.2-05).

Moments and their dates stand in the person's sealed row. A reference of a release before has one moment, and
the date at which it was stored.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from authsvc.core.clock import now
from authsvc.core.records import read_stored
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import Facts, facts_of

PROPOSED_AFTER: Final = timedelta(days=182)
"""From then on a renewal is proposed: faces change (BSI TR-03166 section 3.2: six months)."""
ABSENT_AFTER: Final = timedelta(days=730)
"""From then on the face counts as absent until it is renewed."""
ENOUGH: Final = 3
"""How many moments an enrolment asks for; one is all that it takes."""
MOST: Final = 4
"""How many moments a reference has at most."""


@dataclass(frozen=True)
class KeptMoment:
    """One moment that counts: its id in the vault, and when it was taken (ISO 8601)."""

    id: str
    taken: str

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return datetime.fromisoformat(self.taken)


@dataclass(frozen=True)
class _Stored:
    reference: str
    moments: list[KeptMoment]


def moments_of(subject: Subject) -> list[KeptMoment]:
    """Return the moments of a person's reference, the oldest first; none without a face.

    The first is the one that every later one was compared with.
    """
    if not subject.has_face:
        return []
    moments = stored_moments(subject)
    return only_moment(subject, facts_of(subject.reference)) if moments is None else moments


def stored_moments(subject: Subject) -> list[KeptMoment] | None:
    """Return those that a person's row tells of; None where a release that knew of one alone wrote it."""
    stored = read_stored(_Stored, subject.reference_moments) if subject.reference_moments else None
    return stored.moments if stored is not None and stored.reference == subject.reference else None


def only_moment(subject: Subject, facts: Facts | None) -> list[KeptMoment]:
    """Return the one moment of a reference from such a release."""
    return [KeptMoment(subject.reference, facts.made_at.isoformat())] if facts else []


def as_stored(reference: str, moments: Sequence[KeptMoment]) -> dict[str, Any]:
    """Return what the person's row keeps of a reference's moments."""
    return asdict(_Stored(reference, list(moments)))


def with_moment(moments: Sequence[KeptMoment], moment: str) -> list[KeptMoment]:
    """Return the moments that count once another is added, now.

    Those that are too old leave, and beyond the most the oldest does; the first stays while it is young
    enough, since it alone was taken under the eyes of an enrolment link.
    """
    taken = now()
    young = [each for each in moments if taken - each.at < ABSENT_AFTER]
    kept = [*young, KeptMoment(moment, taken.isoformat())]
    return kept if len(kept) <= MOST else [kept[0], *kept[2:]]


@dataclass(frozen=True)
class Age:
    """Since when a person's reference is what it is: `newest` is the date of its newest moment."""

    newest: datetime

    @property
    def proposed_since(self) -> datetime | None:
        """Since when a renewal is proposed, None while it is not."""
        return self._past(PROPOSED_AFTER)

    @property
    def absent_since(self) -> datetime | None:
        """Since when the face counts as absent, None while it counts."""
        return self._past(ABSENT_AFTER)

    def _past(self, life: timedelta) -> datetime | None:
        due = self.newest + life
        return due if due <= now() else None


def age_of(subject: Subject) -> Age | None:
    """Return the age of a person's reference, None without a face."""
    return age_by(moments_of(subject))


def age_by(moments: Sequence[KeptMoment]) -> Age | None:
    """Return the age of a reference of these moments, None without any."""
    return Age(max(each.at for each in moments)) if moments else None


def is_absent(subject: Subject | None) -> bool:
    """Tell whether a person has a face that is too old to count."""
    age = age_of(subject) if subject is not None else None
    return age is not None and age.absent_since is not None
