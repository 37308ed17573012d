"""Whether the relying party takes the face, prefers it, or requires it (S5.3-01, ADR 0292)."""

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import CHOICE
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import ASSURANCE
from authsvc.clients.settings.justification import (
    OPTIONAL,
    PREFERRED,
    REQUIRED,
    check_strength,
    justification_lapsed,
    told,
)

_CHOICES = (
    (OPTIONAL, _("Optional: with it or without, as the person likes")),
    (PREFERRED, _("Preferred: asked for first")),
    (REQUIRED, _("Required: no sign-in without it")),
)


def requires_face(party: RelyingParty) -> bool:
    """Whether no sign-in of the relying party goes without a face today."""
    return FACE.of(party) == REQUIRED and not justification_lapsed(party)


def prefers_face(party: RelyingParty) -> bool:
    """Whether people are asked for their face first."""
    return bool(FACE.of(party) == PREFERRED)


def _check(party: RelyingParty, problems: Problems) -> None:
    check_strength(FACE, party, problems)


FACE = Setting(
    "face",
    CHOICE,
    group=ASSURANCE,
    label=_("The face is"),
    help=_("Requiring it needs the five answers below. A browser’s face raises no level."),
    choices=_CHOICES,
    summary=Summary(31, _("The face is"), tell=told(_CHOICES)),
    check=_check,
)
SETTINGS = (FACE,)
