"""What requiring a face, or a living person before a camera, stands on (S5.3-01).

The reason, who answers for it, the data protection impact assessment with its date, and the way for people
without. When the date has passed the requirement is suspended (ADR 0292).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import TEXT
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import ASSURANCE
from authsvc.core.clock import now
from authsvc.core.texts import Text

OPTIONAL, PREFERRED, REQUIRED = "", "preferred", "required"
_DAY = _("Write the day as 2027-01-31.")


@dataclass(frozen=True)
class Justified(Setting):
    """A part of the justification: kept there, beside its other parts."""

    def of(self, party: RelyingParty) -> Any:
        """Return what was given, "" for nothing."""
        return party.justification.get(self.name, "")

    def put(self, party: RelyingParty, value: Any) -> None:
        """Set it; nothing is saved."""
        party.justification = {**party.justification, self.name: value}


def justification_lapsed(party: RelyingParty) -> bool:
    """Whether the date of the impact assessment has passed, or is none."""
    until = _day(DPIA_UNTIL.of(party))
    return until is None or until < now().date()


def check_strength(row: Setting, party: RelyingParty, problems: Problems) -> None:
    """Optional, preferred or required; not without offering the face; required only when justified."""
    chosen = row.of(party)
    if chosen not in dict(row.choices):
        problems.add(row.name, _("Choose one of the three."))
    if chosen and not party.face_offered:
        problems.add(row.name, _("Offer the face first."))
    if chosen == REQUIRED:
        _check_justified(party, problems)


def told(choices: Sequence[tuple[str, Text]]) -> Callable[[str], str]:
    """Return what tells a strength by its label, and nothing of one that was left optional."""
    return lambda value: str(dict(choices).get(value, value)) if value else ""


def _check_justified(party: RelyingParty, problems: Problems) -> None:
    for row in JUSTIFICATION:
        if not row.of(party).strip():
            problems.add(row.name, _("Needed where the face or presence is required."))
    if _day(DPIA_UNTIL.of(party)) is not None and justification_lapsed(party):
        problems.add(DPIA_UNTIL.name, _("This day has passed. Renew the assessment, or require nothing."))


def _check_day(party: RelyingParty, problems: Problems) -> None:
    text = DPIA_UNTIL.of(party)
    if text and _day(text) is None:
        problems.add(DPIA_UNTIL.name, _DAY)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


DPIA_UNTIL = Justified(
    "dpia_until",
    TEXT,
    group=ASSURANCE,
    label=_("Impact assessment holds until"),
    help=_("A day, as 2027-01-31. After it nothing is required any more."),
    summary=Summary(35, _("Impact assessment holds until")),
    check=_check_day,
)
ALTERNATIVE = Justified(
    "face_alternative",
    TEXT,
    group=ASSURANCE,
    label=_("The way without a face"),
    help=_("People read this: what you offer to who does not show their face."),
    summary=Summary(36, _("The way without a face")),
)
JUSTIFICATION: Final = (
    Justified(
        "face_reason",
        TEXT,
        group=ASSURANCE,
        label=_("Why the face or presence is required"),
        summary=Summary(32, _("Why the face or presence is required")),
    ),
    Justified(
        "face_owner",
        TEXT,
        group=ASSURANCE,
        label=_("Who answers for that"),
        summary=Summary(33, _("Who answers for that")),
    ),
    Justified(
        "dpia_reference",
        TEXT,
        group=ASSURANCE,
        label=_("Impact assessment"),
        help=_("Where the data protection impact assessment is kept."),
        summary=Summary(34, _("Impact assessment")),
    ),
    DPIA_UNTIL,
    ALTERNATIVE,
)
SETTINGS = JUSTIFICATION
