"""One trip to a tenant's own provider: what was asked, remembered in the session under its `state`.

mozilla-django-oidc keeps nonce and PKCE verifier there; beside them stands of which tenant and issuer it is.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.urls import reverse

from authsvc.core.clock import now
from authsvc.federation.metadata import OutsideProvider
from authsvc.federation.refused import AnswerRefused
from authsvc.tenancy.memberships.models import SingleSignOn
from authsvc.tenancy.models import Tenant

LIFE: Final = timedelta(minutes=10)
STATES: Final = "oidc_states"
_OURS: Final = "visor"


@dataclass(frozen=True)
class Attempt:
    """What was asked for: at which provider, and what for.

    `link` is the user whose account is to be known there.
    `again` is whether somebody who is in proves themselves anew; `begun` is in seconds since 1970.
    """

    tenant: str
    issuer: str
    client_id: str
    next: str
    begun: int
    again: bool = False
    link: str = ""


class SignInRequest(HttpRequest):
    """A request of the sign-in at a tenant's provider."""

    tenant: Tenant
    single_sign_on: SingleSignOn
    provider: OutsideProvider
    attempt: Attempt
    claims: dict[str, Any]
    auth_time: int | None


def redirect_uri(tenant: Tenant) -> str:
    """Return where the provider sends browsers back to: another address for each tenant (RFC 9700 4.4.2)."""
    return str(settings.BASE_URL + reverse("sso-callback", args=[tenant.slug]))


def path_within(tenant: Tenant, wanted: str) -> str:
    """Return where somebody goes afterwards: a path of this tenant's part of the portal, and nothing else."""
    home = reverse("overview", args=[tenant.slug])
    return wanted if wanted.startswith(home) and wanted.isprintable() and "\\" not in wanted else home


def remember(session: SessionBase, state: str, attempt: Attempt) -> None:
    """Keep what is asked for beside the nonce of this state."""
    session[STATES][state][_OURS] = asdict(attempt)
    session.modified = True


def taken(session: SessionBase, state: str, row: SingleSignOn) -> Attempt:
    """Return what this browser asked for under a state; raises AnswerRefused where that was not here.

    Neither another tenant's attempt, nor one at the provider from before, is answered here (mix-up).
    """
    entry: dict[str, Any] = session.get(STATES, {}).get(state) or {}
    if _OURS not in entry:
        raise AnswerRefused(detail="the state is unknown to this browser, or was answered already")
    found = Attempt(**entry[_OURS])
    asked, here = (
        (found.tenant, found.issuer, found.client_id),
        (str(row.tenant_id), row.issuer, row.client_id),
    )
    if asked != here:
        forget(session, state)
        raise AnswerRefused(detail=f"the state is of {asked}, and the answer came to {here}")
    if int(now().timestamp()) - found.begun > LIFE.total_seconds():
        forget(session, state)
        raise AnswerRefused(detail="the sign-in was begun too long ago")
    return found


def forget(session: SessionBase, state: str) -> None:
    """Drop a state: it is good for one answer."""
    session.get(STATES, {}).pop(state, None)
    session.modified = True
