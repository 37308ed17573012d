"""scope holds openid; what the client may not have is left out (RFC 6749 section 3.3)."""

from authsvc.clients.scopes import SCOPES
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused


def check(context: Context) -> None:
    """Keep the scopes that the relying party is registered for, in the order asked."""
    asked = context.parameters.get("scope", "").split()
    if "openid" not in asked:
        raise RequestRefused(
            "invalid_scope",
            "scope must hold openid.",
            rule="scope-openid",
            came=" ".join(asked),
            expected="openid",
        )
    allowed = {scope for scope in context.client.scopes if scope in SCOPES}
    if context.client.offline_access:
        allowed.add("offline_access")
    else:
        allowed.discard("offline_access")
    context.wanted.scope = [scope for scope in dict.fromkeys(asked) if scope in allowed]
