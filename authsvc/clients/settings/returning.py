"""Where people return to, and where the relying party hears that a session has ended."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import ADDRESS, ADDRESSES, CHOICE, FLAG
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import RETURNING

WEB, NATIVE = "web", "native"


def is_native(party: RelyingParty) -> bool:
    """Whether it is an app on the person's own device (RFC 8252)."""
    return bool(APPLICATION_TYPE.of(party) == NATIVE)


def _check_type(party: RelyingParty, problems: Problems) -> None:
    """It is one of the two that OpenID Connect Dynamic Client Registration section 2 has."""
    kind = APPLICATION_TYPE.of(party)
    if kind not in ("", WEB, NATIVE):
        problems.add(
            APPLICATION_TYPE.name, format_lazy(_("{kind} is unknown; use web or native."), kind=repr(kind))
        )


APPLICATION_TYPE = Setting(
    "application_type",
    CHOICE,
    wire=True,
    group=RETURNING,
    label=_("Kind of application"),
    help=_("An app may return to http://127.0.0.1 or [::1], at any port, or to com.example.app:/…"),
    choices=((WEB, _("Website")), (NATIVE, _("App on a phone or a computer"))),
    summary=Summary(38, _("Kind of application")),
    check=_check_type,
)
SIGNED_IN_URI = Setting(
    "signed_in_uri",
    ADDRESS,
    group=RETURNING,
    label=_("A page for who is signed in"),
    help=_(
        "Its address. The test bench looks there whether a bad token let it in; nobody else is sent there."
    ),
)
SETTINGS = (
    APPLICATION_TYPE,
    Setting(
        "redirect_uris",
        ADDRESSES,
        wire=True,
        group=RETURNING,
        label=_("Redirect URIs"),
        help=_("One a line, exactly as your site sends them. https, or http on localhost in a sandbox."),
        summary=Summary(40, _("Redirect URIs")),
    ),
    Setting(
        "post_logout_redirect_uris",
        ADDRESSES,
        wire=True,
        group=RETURNING,
        label=_("Redirect URIs after sign-out"),
        help=_("One a line."),
    ),
    Setting(
        "backchannel_logout_uri",
        ADDRESS,
        wire=True,
        group=RETURNING,
        label=_("Back-channel logout URI"),
        help=_("Told when a session ends."),
    ),
    Setting(
        "frontchannel_logout_uri",
        ADDRESS,
        wire=True,
        group=RETURNING,
        label=_("Front-channel logout URI"),
        help=_("Loaded in the person's browser when a session ends."),
    ),
    Setting(
        "initiate_login_uri",
        ADDRESS,
        wire=True,
        group=RETURNING,
        label=_("Address that starts a sign-in"),
        help=_("Where this portal and other sites may send people to sign in at yours."),
    ),
    SIGNED_IN_URI,
    Setting("request_uris", ADDRESSES, wire=True),
    Setting("backchannel_logout_session_required", FLAG, wire=True),
    Setting("frontchannel_logout_session_required", FLAG, wire=True),
)
