"""What the test bench has wrong with an ID token: it stands in the grant, which only the web role seals.

A request cannot put it there: of its `claims` parameter nothing but `userinfo` and `id_token` is kept.
"""

from typing import Any, Final

from authsvc.core.ids import b64u, unb64u
from authsvc.oidc.models import Grant

MEMBER: Final = "bench"
"""The member of a grant's claims that holds `run`, `case`, and `set`: the claims that the token gets."""
BROKEN: Final = "broken"


def bench_of(grant: Grant) -> dict[str, Any] | None:
    """Return what the bench tries with a grant, None for every grant that a person's sign-in gave."""
    found: dict[str, Any] | None = grant.claims.get(MEMBER)
    return found


def spoiled(claims: dict[str, Any], grant: Grant) -> dict[str, Any]:
    """Return the claims with what the bench changes; a claim that is set to None is left out."""
    tried = bench_of(grant)
    if tried is None:
        return claims
    return {name: value for name, value in {**claims, **tried["set"]}.items() if value is not None}


def with_spoiled_signature(token: str, grant: Grant) -> str:
    """Return the token, its signature broken where the bench wants that."""
    tried = bench_of(grant)
    if tried is None or not tried.get(BROKEN):
        return token
    content, _, signature = token.rpartition(".")
    last = bytearray(unb64u(signature))
    last[0] ^= 1
    return f"{content}.{b64u(bytes(last))}"
