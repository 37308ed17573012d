"""One trip to a tenant's own provider: what was asked, in a cookie of the browser that asked, by its `state`.

The cookie is sealed, so that nobody reads nonce and verifier in it, or writes one; a state is good for one
answer, of any number that come.
"""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from authsvc.core import cookies
from authsvc.core.clock import now
from authsvc.core.envelope import CannotOpen, context, derive, seal, unseal_any
from authsvc.core.ids import b64u, new_secret, secret_hash, unb64u
from authsvc.federation.refused import AnswerRefused
from authsvc.keys.held import django_keys
from authsvc.oidc.sql import note_used
from authsvc.self_enrolment.models import PeopleProvider

LIFE: Final = timedelta(minutes=10)
# Of those a browser holds, so that its requests stay short whatever other sites make it begin.
MOST: Final = 4
_NAME: Final = "visor_join_"
_PURPOSE: Final = "visor/self-enrolment/attempt/v1"


@dataclass(frozen=True)
class Attempt:
    """What was asked for: of which tenant, at which provider; `begun` is in seconds since 1970."""

    tenant: str
    issuer: str
    client_id: str
    nonce: str
    verifier: str
    begun: int


def begin(row: PeopleProvider) -> tuple[str, Attempt]:
    """Return a new state, and what is asked for under it."""
    made = Attempt(
        tenant=str(row.tenant_id),
        issuer=row.issuer,
        client_id=row.client_id,
        nonce=new_secret(),
        verifier=new_secret(),
        begun=int(now().timestamp()),
    )
    return new_secret(), made


def remember(request: HttpRequest, response: HttpResponse, state: str, attempt: Attempt) -> None:
    """Let the browser keep what it asked for, and forget the oldest of others beyond MOST."""
    start = cookies.host_name(_NAME)
    held = [name for name in request.COOKIES if name.startswith(start)]
    for old in held[: max(0, len(held) + 1 - MOST)]:
        cookies.forget(response, old)
    sealed = seal(_keys()[0], json.dumps(asdict(attempt)).encode(), _bound_to(state))
    cookies.keep(response, _cookie(state), b64u(sealed), life=LIFE)


def taken(request: HttpRequest, state: str, row: PeopleProvider) -> Attempt:
    """Return what this browser asked for under a state, once; raises AnswerRefused.

    Neither another tenant's attempt, nor one at the provider from before, is answered here (mix-up).
    """
    found = _held(request, state)
    asked = (found.tenant, found.issuer, found.client_id)
    here = (str(row.tenant_id), row.issuer, row.client_id)
    if asked != here:
        raise AnswerRefused(detail=f"the state is of {asked}, and the answer came to {here}")
    age = int(now().timestamp()) - found.begun
    if not 0 <= age <= LIFE.total_seconds():
        raise AnswerRefused(detail=f"the sign-in was begun {age} s ago")
    digest = secret_hash(f"{_PURPOSE} {found.tenant} {state}")
    if digest not in note_used({digest: now() + LIFE}):
        raise AnswerRefused(detail="the state was answered already")
    return found


def forget(response: HttpResponse, state: str) -> None:
    """Drop the cookie of a state that was answered."""
    cookies.forget(response, _cookie(state))


def _held(request: HttpRequest, state: str) -> Attempt:
    try:
        sealed = unb64u(request.COOKIES[_cookie(state)])
        opened: dict[str, Any] = json.loads(unseal_any(_keys(), sealed, _bound_to(state)))
    except (KeyError, ValueError, CannotOpen):
        raise AnswerRefused(detail="the state is unknown to this browser") from None
    return Attempt(**opened)


def _cookie(state: str) -> str:
    # A hash has no letter that a cookie's name cannot have.
    return cookies.host_name(_NAME + secret_hash(state)[:24])


def _bound_to(state: str) -> bytes:
    return context(_PURPOSE, state)


def _keys() -> list[bytes]:
    return [derive(key, info=_PURPOSE.encode()) for key in django_keys()]
