"""Whether the relying party takes, prefers or requires a living person before a camera (ADR 0383)."""

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
    (OPTIONAL, _("Optional: nothing is said of it unless a request asks")),
    (PREFERRED, _("Preferred: asked for first, and said where it was shown")),
    (REQUIRED, _("Required: no sign-in without it")),
)


def requires_presence(party: RelyingParty) -> bool:
    """Whether no sign-in of the relying party goes without a living person before a camera today."""
    return PRESENCE.of(party) == REQUIRED and not justification_lapsed(party)


def prefers_presence(party: RelyingParty) -> bool:
    """Whether people are asked for it first."""
    return bool(PRESENCE.of(party) == PREFERRED)


def asks_for_presence(party: RelyingParty) -> bool:
    """Whether tokens say it where it was shown, whatever the request asked for."""
    return bool(PRESENCE.of(party) != OPTIONAL)


def _check(party: RelyingParty, problems: Problems) -> None:
    check_strength(PRESENCE, party, problems)


PRESENCE = Setting(
    "presence",
    CHOICE,
    group=ASSURANCE,
    label=_("A living person before the camera is"),
    help=_(
        "Shown by a face, or by a camera alone where nothing of a face is kept. Requiring it needs the five "
        "answers below."
    ),
    choices=_CHOICES,
    summary=Summary(37, _("A living person is"), tell=told(_CHOICES)),
    check=_check,
)
SETTINGS = (PRESENCE,)
