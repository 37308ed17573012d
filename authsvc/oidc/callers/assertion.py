"""private_key_jwt (RFC 7523, OpenID Connect Core section 9), with FAPI 2.0's stricter reading for all."""

from datetime import timedelta
from typing import Any

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.keys.algorithms import FAPI2_SIGNING, SIGNING
from authsvc.oidc.callers.refused import not_proven
from authsvc.oidc.proofs.client_keys import signature_keys
from authsvc.oidc.proofs.jose import NotVerified, is_number, read_header, verify
from authsvc.oidc.proofs.once import Use
from authsvc.oidc.wire.addresses import endpoint, issuer_of
from authsvc.oidc.wire.lifetimes import CLIENT_ASSERTION, CLOCK_SKEW

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def check_assertion(client: RelyingParty, assertion: str) -> Use:
    """Verify signature, audience and times of an assertion; raises RequestRefused (S9.4-05).

    It counts when `use_once` has noted the use that is returned.
    """
    try:
        kid = read_header(assertion).get("kid")
        keys = signature_keys(client, kid=kid if isinstance(kid, str) else None)
        claims = verify(assertion, keys, _algorithms(client))
    except NotVerified as problem:
        raise not_proven(rule="assertion-signature", came=problem, expected="a registered key") from None
    _check_names(client, claims)
    _check_times(claims)
    identifier = claims.get("jti")
    if not isinstance(identifier, str) or not identifier:
        raise not_proven(rule="assertion-jti", came=identifier, expected="a jti")
    until = now() + CLIENT_ASSERTION + 2 * CLOCK_SKEW + timedelta(minutes=1)
    again = not_proven(rule="assertion-jti", came=identifier, expected="a jti not used before")
    return Use(("client-assertion", client.pk, identifier), until, again)


def _algorithms(client: RelyingParty) -> tuple[str, ...]:
    offered = FAPI2_SIGNING if client.is_fapi2 else SIGNING
    registered = client.token_endpoint_auth_signing_alg
    return (registered,) if registered in offered else offered


def _check_names(client: RelyingParty, claims: dict[str, Any]) -> None:
    for name in ("iss", "sub"):
        if claims.get(name) != client.client_id:
            raise not_proven(rule=f"assertion-{name}", came=claims.get(name), expected=client.client_id)
    audience = claims.get("aud")
    accepted = [issuer_of(client.tenant)]
    if not client.is_fapi2:
        # OpenID Connect Core names the token endpoint, and lets a list hold it.
        accepted += [endpoint(client.tenant, name) for name in ("token", "par")]
        audience = audience[0] if isinstance(audience, list) and len(audience) == 1 else audience
    if not isinstance(audience, str) or audience not in accepted:
        raise not_proven(rule="assertion-aud", came=claims.get("aud"), expected=accepted[0])


def _check_times(claims: dict[str, Any]) -> None:
    moment = now().timestamp()
    skew = CLOCK_SKEW.total_seconds()
    expires, issued, not_before = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not is_number(expires) or expires <= moment - skew:
        raise not_proven(rule="assertion-exp", came=expires, expected="a time to come")
    if expires > moment + CLIENT_ASSERTION.total_seconds() + skew:
        raise not_proven(rule="assertion-exp", came=expires, expected=f"at most {CLIENT_ASSERTION} ahead")
    for name, value, ahead in (("iat", issued, 60.0), ("nbf", not_before, skew)):
        if value is not None and (not is_number(value) or value > moment + ahead):
            raise not_proven(rule=f"assertion-{name}", came=value, expected="not in the future")
