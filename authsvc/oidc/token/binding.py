"""Which key the tokens of a request are bound to, and which clients must bind them."""

from authsvc.oidc.callers.endpoint import Caller
from authsvc.oidc.proofs.certificate import certificate_of, thumbprint
from authsvc.oidc.tokens.access_token import UNBOUND, Binding
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest


def binding_of(request: TenantRequest, caller: Caller) -> Binding:
    """Return the binding that the token request proves.

    Raises RequestRefused where the client must bind its tokens and does not (FAPI 2.0 section 5.3.2.1,
    RFC 9449 section 5.2, RFC 8705 section 3).
    """
    if caller.jkt:
        return Binding(jkt=caller.jkt)
    client = caller.client
    if client.dpop_bound_access_tokens:
        raise _required("a DPoP proof")
    if not (client.tls_client_certificate_bound_access_tokens or client.is_fapi2):
        return UNBOUND
    certificate = certificate_of(request)
    if certificate is None:
        raise _required("a DPoP proof or a client certificate")
    return Binding(x5t=thumbprint(certificate))


def _required(what: str) -> RequestRefused:
    return RequestRefused(
        "invalid_request",
        f"This client's tokens are bound to a key: {what} is needed.",
        rule="token-binding",
        came="an unbound request",
        expected=what,
    )
