"""Where people return to, and where the relying party hears that a session has ended."""

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import ADDRESS, ADDRESSES, FLAG
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import RETURNING

SETTINGS = (
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
    Setting("request_uris", ADDRESSES, wire=True),
    Setting("backchannel_logout_session_required", FLAG, wire=True),
    Setting("frontchannel_logout_session_required", FLAG, wire=True),
)
