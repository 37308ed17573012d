"""Whether an ID token of a tenant's own provider counts (OpenID Connect Core section 3.1.3.7)."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from joserfc.jwk import Key

from authsvc.core.clock import now
from authsvc.federation.metadata import OutsideProvider
from authsvc.federation.refused import AnswerRefused, TooWeak
from authsvc.oidc.proofs.claims import Audience, Specification, is_number
from authsvc.oidc.proofs.client_keys import parse_keys
from authsvc.oidc.proofs.jose import Header
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.proofs.remote_keys import remote_keys
from authsvc.oidc.proofs.statement import verify_statement
from authsvc.oidc.wire.lifetimes import CLOCK_SKEW

Claims = dict[str, Any]

# Asymmetric ones alone: neither `none` nor a MAC by a public key gets anywhere (RFC 8725 section 3.1).
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
_LONGEST_SUB: Final = 255
_SPECIFICATION: Final = Specification(
    required=("iss", "aud", "exp", "iat", "nonce", "sub"),
    optional=("azp", "nbf"),
    # Whoever else it is for could bring it here as its own.
    audience=Audience.OURS,
    iat_age=timedelta(minutes=10),
)


def checked(token: str, provider: OutsideProvider, *, client_id: str, nonce: str) -> Claims:
    """Return the claims of an ID token that this provider made for this sign-in; raises AnswerRefused."""
    if not nonce:
        raise AnswerRefused(detail="there is no nonce to compare")
    names = {"iss": [provider.issuer], "aud": [client_id], "azp": [client_id], "nonce": [nonce]}
    try:
        statement = verify_statement(
            token, _SPECIFICATION, keys=_keys_of(provider), algorithms=ALGORITHMS, names=names
        )
    except NotVerified as problem:
        raise AnswerRefused(
            detail=f"ID token: {problem.part}: {problem} (wanted: {problem.expected})"
        ) from None
    sub = statement.claims["sub"]
    if not isinstance(sub, str) or not 0 < len(sub) <= _LONGEST_SUB or not sub.isascii():
        raise AnswerRefused(detail=f"ID token: sub: {sub!r:.300}")
    return statement.claims


def require_strength(claims: Mapping[str, Any], *, acr_values: Collection[str], age: timedelta) -> int:
    """Return when somebody signed in at the provider, in seconds since 1970; raises TooWeak.

    The ID token must have one of the acr values, and say that it was at most `age` ago (steps 12 and 13).
    """
    require_acr(claims, acr_values=acr_values)
    return require_age(claims, age=age)


def require_acr(claims: Mapping[str, Any], *, acr_values: Collection[str]) -> None:
    """Raise TooWeak where the ID token has none of the acr values (step 12)."""
    if claims.get("acr") not in acr_values:
        raise TooWeak(detail=f"acr {claims.get('acr')!r} is none of {sorted(acr_values)}")


def require_age(claims: Mapping[str, Any], *, age: timedelta) -> int:
    """Return when somebody signed in at the provider, in seconds since 1970; raises TooWeak (step 13)."""
    moment, at = int(now().timestamp()), claims.get("auth_time")
    skew = int(CLOCK_SKEW.total_seconds())
    if not is_number(at):
        raise TooWeak(detail=f"auth_time {at!r} is no time")
    if not -skew <= moment - at <= int(age.total_seconds()) + skew:
        raise TooWeak(detail=f"auth_time is {moment - at} s ago, and may be {age.total_seconds():g} s")
    return int(at)


def _keys_of(provider: OutsideProvider) -> Any:
    def found(header: Header) -> list[Key]:
        kid = header.get("kid")
        documents = remote_keys(provider.jwks_uri, kid=kid if isinstance(kid, str) else None)
        return parse_keys(documents, unwanted="enc")

    return found
