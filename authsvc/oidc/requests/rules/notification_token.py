"""client_notification_token: what a client that is called back is called with (CIBA Core 1.0 section 7.1)."""

from authsvc.clients.models import RelyingParty
from authsvc.oidc.requests.refused import backchannel_refused
from authsvc.oidc.requests.wanted import Context

# 128 bits in base64url, at least.
_LENGTH = range(22, 1025)


def check(context: Context) -> None:
    """Keep the token of a client in ping mode; others need none."""
    if context.client.backchannel_token_delivery_mode != RelyingParty.BackchannelMode.PING:
        return
    token = context.parameters.get("client_notification_token", "")
    if len(token) not in _LENGTH or not token.isascii() or " " in token:
        raise backchannel_refused(
            "ciba-notification-token", came=f"{len(token)} characters", expected="22 to 1024 of a token"
        )
    context.backchannel.notification_token = token
