"""private_key_jwt (RFC 7523, OpenID Connect Core section 9), with FAPI 2.0's stricter reading for all."""

from django.urls import reverse

from authsvc.clients.models import RelyingParty
from authsvc.keys.algorithms import FAPI2_SIGNING, SIGNING
from authsvc.oidc.callers.refused import not_proven
from authsvc.oidc.proofs.claims import Names
from authsvc.oidc.proofs.once import Use
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.proofs.specifications import CLIENT_ASSERTION_JWT, FAPI2_CLIENT_ASSERTION
from authsvc.oidc.proofs.statement import keys_of, verify_statement
from authsvc.oidc.wire.addresses import endpoint, issuer_of

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# An assertion that is sent here may name this endpoint (CIBA Core 1.0 section 7.1), the one exception to
# S9.4-05.
_BACKCHANNEL = "backchannel-authentication"


def check_assertion(client: RelyingParty, assertion: str, *, at: str) -> Use:
    """Verify signature, audience and times of an assertion; raises RequestRefused (S9.4-05).

    `at` is the path of the endpoint that it was sent to. It counts when `use_once` has noted the use that
    is returned.
    """
    specification = FAPI2_CLIENT_ASSERTION if client.is_fapi2 else CLIENT_ASSERTION_JWT
    try:
        claims = verify_statement(
            assertion,
            specification,
            keys=keys_of(client),
            algorithms=_algorithms(client),
            names=_names(client, at),
        ).claims
    except NotVerified as problem:
        rule = f"assertion-{problem.part}"
        raise not_proven(rule=rule, came=problem.came, expected=problem.expected) from None
    again = not_proven(rule="assertion-jti", came=claims["jti"], expected="a jti not used before")
    return specification.use(claims, client.pk, again)


def _algorithms(client: RelyingParty) -> tuple[str, ...]:
    offered = FAPI2_SIGNING if client.is_fapi2 else SIGNING
    registered = client.token_endpoint_auth_signing_alg
    return (registered,) if registered in offered else offered


def _names(client: RelyingParty, at: str) -> Names:
    audiences = [issuer_of(client.tenant)]
    if not client.is_fapi2:
        # OpenID Connect Core names the token endpoint.
        audiences += [endpoint(client.tenant, name) for name in ("token", "par")]
    if at == reverse(f"oidc:{_BACKCHANNEL}", kwargs={"tenant": client.tenant.slug}):
        audiences.append(endpoint(client.tenant, _BACKCHANNEL))
    return {"iss": (client.client_id,), "sub": (client.client_id,), "aud": audiences}
