"""How strongly people prove themselves for the relying party."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from authsvc.assurance.levels import Level
from authsvc.clients.kinds import CHOICE, FLAG, SECONDS, TEXTS
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import ASSURANCE

_LEVELS = (
    (Level.L1.name, _("L1 – one factor, or a session used again")),
    (Level.L2.name, _("L2 – passkey that verified its user, fresh; a face beside it where one was used")),
    (Level.L3.name, _("L3 – attested hardware key; with the face, an attested app too")),
    (Level.L4.name, _("L4 – certified hardware key, or L3 with face and local user verification")),
)


def _offered(value: Any) -> str:
    return str(_("Offered") if value else _("Not offered"))


SETTINGS = (
    Setting(
        "floor_level",
        CHOICE,
        group=ASSURANCE,
        label=_("Least assurance"),
        help=_("A sign-in that reaches less is an error, never a lower success."),
        choices=_LEVELS,
        summary=Summary(20, _("Least assurance"), tell=str),
    ),
    Setting(
        "face_offered",
        FLAG,
        group=ASSURANCE,
        label=_("Offer the face"),
        help=_("Off: people sign in with their passkey alone."),
        summary=Summary(30, _("Face"), tell=_offered),
    ),
    Setting("default_max_age", SECONDS, wire=True),
    Setting("default_acr_values", TEXTS, wire=True),
)
