"""client_id names an active relying party of this tenant (RFC 6749 section 2.2)."""

from authsvc.clients.directory import find_client
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Find the relying party; nothing is sent anywhere before it is known."""
    name = context.parameters.get("client_id", "")
    context.client_ = find_client(name) if name else None
    if context.client_ is None:
        raise RequestRefused(
            "invalid_request",
            "This client is not registered here.",
            rule="client-known",
            came=name,
            expected="the client_id of an active relying party",
        )
    context.wanted.client_id = name
