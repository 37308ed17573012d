"""Who the relying party is, and what people see of it."""

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import ADDRESS, CHOICE, FLAG, TEXT, TEXTS
from authsvc.clients.models import RelyingParty
from authsvc.clients.setting import Setting
from authsvc.clients.settings.groups import ABOUT

Status = RelyingParty.Status
SETTINGS = (
    Setting(
        "name",
        TEXT,
        wire=True,
        member="client_name",
        group=ABOUT,
        label=_("Name"),
        help=_("People see it when they sign in."),
    ),
    Setting(
        "purpose",
        TEXT,
        group=ABOUT,
        label=_("Purpose"),
        help=_("One sentence, shown to people: why they sign in."),
    ),
    Setting(
        "first_party",
        FLAG,
        group=ABOUT,
        label=_("This organisation's own"),
        help=_("Off: people are asked what they want to share."),
    ),
    Setting("client_uri", ADDRESS, wire=True, group=ABOUT, label=_("Home page")),
    Setting(
        "logo_uri",
        ADDRESS,
        wire=True,
        group=ABOUT,
        label=_("Logo"),
        help=_("Its address."),
    ),
    Setting("policy_uri", ADDRESS, wire=True, group=ABOUT, label=_("Privacy policy")),
    Setting("tos_uri", ADDRESS, wire=True, group=ABOUT, label=_("Terms")),
    Setting(
        "status",
        CHOICE,
        group=ABOUT,
        label=_("Status"),
        help=_("A suspended relying party is refused at once."),
        # To delete one is an act of its own, which can be undone.
        choices=((Status.ACTIVE, Status.ACTIVE.label), (Status.SUSPENDED, Status.SUSPENDED.label)),
    ),
    Setting("contacts", TEXTS, wire=True),
)
