"""Sign-ins that a relying party starts without a browser (CIBA Core 1.0 section 4)."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.keys.algorithms import FAPI2_SIGNING

Mode = RelyingParty.BackchannelMode


def check_backchannel(party: RelyingParty, problems: Problems) -> None:
    """Requests are signed by a known key of an authenticated client, and a ping has where to go."""
    mode = party.backchannel_token_delivery_mode
    if mode not in Mode.values:
        problems.add(
            "backchannel_token_delivery_mode",
            format_lazy(_("{value} is not offered; use poll or ping."), value=repr(mode)),
        )
    if mode == Mode.PING and not party.backchannel_client_notification_endpoint:
        problems.add("backchannel_client_notification_endpoint", _("Ping needs an address to call."))
    if mode and party.is_public:
        problems.add("token_endpoint_auth_method", _("Backchannel requests need client authentication."))
    if mode and not (party.jwks or party.jwks_uri):
        problems.add("jwks", _("Backchannel requests are signed and need a public key."))
    algorithm = party.backchannel_authentication_request_signing_alg
    if algorithm and algorithm not in FAPI2_SIGNING:
        problems.add(
            "backchannel_authentication_request_signing_alg",
            format_lazy(_("Use one of {offered}."), offered=", ".join(FAPI2_SIGNING)),
        )
