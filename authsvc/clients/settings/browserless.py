"""Sign-ins that the relying party starts without a browser (CIBA Core 1.0 section 4)."""

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import ADDRESS, CHOICE, TEXT
from authsvc.clients.setting import Setting
from authsvc.clients.settings.groups import BROWSERLESS

SETTINGS = (
    Setting(
        "backchannel_token_delivery_mode",
        CHOICE,
        wire=True,
        group=BROWSERLESS,
        label=_("Sign-ins without a browser"),
        help=_("The site names the person, who approves on their phone (CIBA). Requests are signed."),
    ),
    Setting(
        "backchannel_client_notification_endpoint",
        ADDRESS,
        wire=True,
        group=BROWSERLESS,
        label=_("Address to call"),
        help=_("For ping."),
    ),
    Setting(
        "backchannel_authentication_request_signing_alg",
        TEXT,  # of fewer algorithms than elsewhere: validation/backchannel.py
        wire=True,
    ),
)
