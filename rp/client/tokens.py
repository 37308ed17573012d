"""The checks of ID tokens, logout tokens and results of liveness.

Pure: keys, expectations and the time are handed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from .assurance import LEEWAY
from .refused import Refused

# Asymmetric only: `none` and HMAC by a public key are refused by not being here (RFC 8725 section 3.1).
ALGORITHMS = ("RS256", "ES256")
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TOKEN_SECONDS = 300
LIVENESS_TYPE = "visor-liveness+jwt"

Claims = dict[str, Any]


class UnknownKey(Refused):
    """The token's key is not in the set; the provider may have changed keys since it was fetched."""


@dataclass(frozen=True)
class Party:
    """Who must have made the token, and for whom."""

    issuer: str
    client_id: str


def check_header(token: str, keys: KeySet) -> None:
    """Raise Refused unless the token's algorithm is accepted, UnknownKey unless its key is in the set."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError) as problem:
        raise Refused(f"no token: {problem}") from problem
    if header.get("alg") not in ALGORITHMS:
        raise Refused(f"alg {header.get('alg')!r} is not accepted")
    if "kid" in header and header["kid"] not in {key.kid for key in keys}:
        raise UnknownKey(f"no key {header['kid']!r}")


def signed_claims(token: str, keys: KeySet) -> tuple[Claims, Mapping[str, Any]]:
    """Return claims and header of a token whose signature a key of the provider made. Raises Refused."""
    check_header(token, keys)
    try:
        decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError) as problem:
        raise Refused(f"signature: {problem}") from problem
    return dict(decoded.claims), decoded.header


def check_id_token(token: str, keys: KeySet, party: Party, *, nonce: str, now: float) -> Claims:
    """Return the claims of an ID token for this sign-in; acr and auth_time are `assurance.require`'s.

    OpenID Connect Core section 3.1.3.7. `now` is in seconds since 1970. Raises Refused.
    """
    claims, _ = signed_claims(token, keys)
    _check_party(claims, party)
    if _moment(claims, "exp") <= now - LEEWAY:
        raise Refused("the ID token has expired")
    if _moment(claims, "iat") > now + LEEWAY:
        raise Refused("iat lies in the future")
    if not nonce or claims.get("nonce") != nonce:
        raise Refused("nonce differs")
    if not _text(claims.get("sub")):
        raise Refused("sub is missing")
    return claims


def check_logout_token(token: str, keys: KeySet, party: Party, *, now: float) -> Claims:
    """Return the claims of a logout token; that its jti comes once is the caller's to ensure.

    OpenID Connect Back-Channel Logout 1.0 section 2.6. Raises Refused.
    """
    claims, header = signed_claims(token, keys)
    if header.get("typ", "logout+jwt").lower() not in {"logout+jwt", "jwt"}:
        raise Refused("typ is another token's")
    _check_party(claims, party)
    if _moment(claims, "exp") <= now - LEEWAY:
        raise Refused("the logout token has expired")
    if not now - LOGOUT_TOKEN_SECONDS <= _moment(claims, "iat") <= now + LEEWAY:
        raise Refused("iat is not of now")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Refused("not a logout event")
    if "nonce" in claims:
        raise Refused("a logout token has no nonce")
    if not (_text(claims.get("sid")) or _text(claims.get("sub"))):
        raise Refused("neither sid nor sub")
    if not _text(claims.get("jti")):
        raise Refused("jti is missing")
    return claims


def check_liveness(
    token: str, keys: KeySet, party: Party, *, session: str, jkt: str, now: float, typ: str = LIVENESS_TYPE
) -> Claims:
    """Return the claims of a result of liveness: a living person was before the camera of this session.

    `session` is the id that the session was opened with, `jkt` the key that was named for it. `typ` is what
    tells a result from every other token, and a real one from one that a developer chose. Raises Refused.
    """
    claims, header = signed_claims(token, keys)
    if header.get("typ") != typ:
        raise Refused(f"typ {header.get('typ')!r} is no such result")
    _check_party(claims, party)
    if _moment(claims, "exp") <= now - LEEWAY:
        raise Refused("the result has expired")
    if claims.get("jti") != session:
        raise Refused("the result is of another session")
    if claims.get("cnf") != {"jkt": jkt}:
        raise Refused("the result is of another key")
    return claims


def _check_party(claims: Claims, party: Party) -> None:
    if claims.get("iss") != party.issuer:
        raise Refused(f"iss {claims.get('iss')!r} is another issuer")
    audience = claims.get("aud")
    if audience not in (party.client_id, [party.client_id]):
        raise Refused(f"aud {audience!r} is not this client alone")
    if claims.get("azp", party.client_id) != party.client_id:
        raise Refused("azp is another client")


def _moment(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused(f"{name} is missing")
    return float(value)


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
