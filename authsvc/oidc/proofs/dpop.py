"""DPoP proofs (RFC 9449): one fresh, signed statement a request, of the key that a token is bound to.

A proof whose clock is wrong by more than ten seconds is answered with a nonce; made with that nonce it
is good whatever its clock says (section 8), so nobody is locked out by a clock.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from joserfc.jwk import Key, import_key

from authsvc.clients.validation.credentials import problem_of_key
from authsvc.core.clock import now
from authsvc.core.envelope import context, derive
from authsvc.core.ids import b64u
from authsvc.keys.algorithms import FAPI2_SIGNING
from authsvc.keys.held import django_keys
from authsvc.oidc.proofs.claims import Claims, check_claims, is_number
from authsvc.oidc.proofs.jose import Header
from authsvc.oidc.proofs.once import Use
from authsvc.oidc.proofs.refused import NotVerified
from authsvc.oidc.proofs.specifications import DPOP_PROOF, DPOP_PROOF_WITH_NONCE
from authsvc.oidc.proofs.statement import signed_by
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.scope import current_tenant_id

# RSA with PKCS #1 v1.5 is allowed nowhere where proofs are required, so for nobody.
ALGORITHMS = FAPI2_SIGNING
_NONCE_LIFE = 60


@dataclass(frozen=True)
class Proof:
    """A proof that holds: the thumbprint of its key, and its use, which the reader has to note."""

    jkt: str
    use: Use


def read_proof(text: str, method: str, url: str, *, access_token: str = "") -> Proof:
    """Return what a DPoP header proves for a request; it counts when `use_once` has noted its use.

    `url` is the endpoint's own address; `access_token` the one that a resource request carries. Raises
    RequestRefused (invalid_dpop_proof, or use_dpop_nonce with a nonce).
    """
    try:
        statement = signed_by(text, keys=_key_inside, algorithms=ALGORITHMS, typ="dpop+jwt")
        _check(statement.claims, method, url)
    except NotVerified as problem:
        raise _refusal(problem) from None
    claims, thumbprint = statement.claims, statement.key.thumbprint()
    if access_token:
        expected = b64u(hashlib.sha256(access_token.encode()).digest())
        if not secrets.compare_digest(str(claims.get("ath", "")).encode(), expected.encode()):
            raise _refused("dpop-ath", claims.get("ath"), "the hash of the access token")
    again = _refused("dpop-jti", claims["jti"], "a jti not used before")
    return Proof(thumbprint, DPOP_PROOF.use(claims, thumbprint, again))


def current_nonce() -> str:
    """Return the nonce of this minute; it is a MAC of the time, so nothing is stored."""
    return _live_nonces()[0]


def _check(claims: Claims, method: str, url: str) -> None:
    nonce = claims.get("nonce")
    check_claims(claims, DPOP_PROOF if nonce is None else DPOP_PROOF_WITH_NONCE, {"htm": (method,)})
    if not isinstance(claims.get("htu"), str) or _plain(claims["htu"]) != _plain(url):
        raise NotVerified("htu", claims.get("htu"), url)
    if nonce is not None and (not isinstance(nonce, str) or nonce not in _live_nonces()):
        raise NotVerified("nonce", nonce)


def _refusal(problem: NotVerified) -> RequestRefused:
    rule = f"dpop-{problem.part}"
    # A time of its clock that is not ours, or a nonce that is over: the next try has one that is good.
    if problem.part == "nonce" or (problem.part == "iat" and is_number(problem.came)):
        return _use_nonce(rule, problem.came)
    return _refused(rule, problem.came, problem.expected)


def _key_inside(header: Header) -> list[Key]:
    jwk = header.get("jwk")
    problem = problem_of_key(jwk)
    if not isinstance(jwk, dict) or problem is not None:
        raise NotVerified("jwk", problem, "the public key as jwk")
    return [import_key(jwk)]


def _plain(url: str) -> tuple[str, str, int | None, str] | None:
    # RFC 9449 section 4.3: compare without query and fragment, scheme and host in small letters.
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme.lower(), (parts.hostname or "").lower(), port, parts.path


def _live_nonces() -> list[str]:
    period = int(now().timestamp()) // _NONCE_LIFE
    return [_nonce(key, each) for key in django_keys() for each in (period, period - 1)]


def _nonce(secret: bytes, period: int) -> str:
    key = derive(secret, info=b"visor/dpop-nonce/v1")
    return b64u(hmac.digest(key, context(str(current_tenant_id()), period), hashlib.sha256))


def _refused(rule: str, came: object, expected: str) -> RequestRefused:
    return RequestRefused(
        "invalid_dpop_proof", "The DPoP proof cannot be used.", rule=rule, came=came, expected=expected
    )


def _use_nonce(rule: str, came: object) -> RequestRefused:
    return RequestRefused(
        "use_dpop_nonce",
        "Repeat the request with this nonce in the proof.",
        rule=rule,
        came=came,
        expected="a proof of this very moment, or one with the nonce",
        headers={"DPoP-Nonce": current_nonce()},
    )
