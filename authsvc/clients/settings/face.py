"""Whether the relying party takes the face, prefers it, or requires it; and what requiring it stands on.

Requiring the face needs a recorded justification (S5.3-01): the reason, who answers for it, the data
protection impact assessment with its date, and the way for people without. When the date has passed the
requirement is suspended (ADR 0292).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import CHOICE, TEXT
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import ASSURANCE
from authsvc.core.clock import now

OPTIONAL, PREFERRED, REQUIRED = "", "preferred", "required"
_CHOICES = (
    (OPTIONAL, _("Optional: with it or without, as the person likes")),
    (PREFERRED, _("Preferred: asked for first")),
    (REQUIRED, _("Required: no sign-in without it")),
)
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


def requires_face(party: RelyingParty) -> bool:
    """Whether no sign-in of the relying party goes without a face today."""
    return FACE.of(party) == REQUIRED and not requirement_lapsed(party)


def prefers_face(party: RelyingParty) -> bool:
    """Whether people are asked for their face first."""
    return bool(FACE.of(party) == PREFERRED)


def requirement_lapsed(party: RelyingParty) -> bool:
    """Whether the face would be required, had the date of its impact assessment not passed."""
    until = _day(DPIA_UNTIL.of(party))
    return FACE.of(party) == REQUIRED and (until is None or until < now().date())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _check_face(party: RelyingParty, problems: Problems) -> None:
    """One of the three; not without offering it; and required only with its whole justification."""
    chosen = FACE.of(party)
    if chosen not in dict(_CHOICES):
        problems.add(FACE.name, _("Choose one of the three."))
    if chosen and not party.face_offered:
        problems.add(FACE.name, _("Offer the face first."))
    if chosen != REQUIRED:
        return
    for row in JUSTIFICATION:
        if not row.of(party).strip():
            problems.add(row.name, _("Needed where the face is required."))


def _check_day(party: RelyingParty, problems: Problems) -> None:
    """A day, and where the face is required one to come."""
    text = DPIA_UNTIL.of(party)
    if text and _day(text) is None:
        problems.add(DPIA_UNTIL.name, _DAY)
    elif text and requirement_lapsed(party):
        problems.add(DPIA_UNTIL.name, _("This day has passed. Renew the assessment, or require no face."))


def _told(value: str) -> str:
    return str(dict(_CHOICES).get(value, value)) if value else ""


FACE = Setting(
    "face",
    CHOICE,
    group=ASSURANCE,
    label=_("The face is"),
    help=_("Requiring it needs the five answers below. A browser’s face raises no level."),
    choices=_CHOICES,
    summary=Summary(31, _("The face is"), tell=_told),
    check=_check_face,
)
DPIA_UNTIL = Justified(
    "dpia_until",
    TEXT,
    group=ASSURANCE,
    label=_("Impact assessment holds until"),
    help=_("A day, as 2027-01-31. After it the face is not required any more."),
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
        label=_("Why the face is required"),
        summary=Summary(32, _("Why the face is required")),
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
SETTINGS = (FACE, *JUSTIFICATION)
