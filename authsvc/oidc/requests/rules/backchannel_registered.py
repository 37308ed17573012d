"""The relying party is registered for requests without a browser (CIBA Core 1.0 section 4)."""

from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Refuse a relying party that registered no way to learn of the answer."""
    if not context.client.backchannel_token_delivery_mode:
        raise RequestRefused(
            "unauthorized_client",
            "This client is not registered for backchannel authentication.",
            rule="ciba-registered",
            came=context.client.client_id,
            expected="backchannel_token_delivery_mode poll or ping",
        )
