"""One trip to the provider: what was asked, remembered in the session under its `state`."""

from dataclasses import asdict, dataclass, field
from typing import Any

from django.http import HttpRequest

from .assurance import Wanted

STATES = "oidc_states"  # mozilla-django-oidc's, which keeps nonce and PKCE verifier there
CLAIMS = "oidc_claims"
ID_TOKEN = "oidc_id_token"  # noqa: S105 - the name under which mozilla-django-oidc keeps it


@dataclass
class Attempt:
    """What was asked, where the browser goes afterwards, and what came back."""

    wanted: Wanted
    next_path: str
    claims: dict[str, Any] = field(default_factory=dict)
    id_token: str = ""


class ClientRequest(HttpRequest):
    """A request to the callback, with the attempt that it answers."""

    attempt: Attempt


def remember(request: HttpRequest, state: str, wanted: Wanted, next_path: str) -> None:
    """Keep what is asked beside the nonce of this `state`."""
    request.session[STATES][state].update(wanted=asdict(wanted), next=next_path)
    request.session.modified = True


def find(request: HttpRequest, state: str) -> Attempt | None:
    """Return the attempt of a `state`, or None where this browser has not begun it."""
    entry = request.session.get(STATES, {}).get(state)
    if entry is None or "wanted" not in entry:
        return None
    return Attempt(Wanted(**entry["wanted"]), entry["next"])


def forget(request: HttpRequest, state: str) -> None:
    """Drop a `state`: it is good for one answer."""
    request.session.get(STATES, {}).pop(state, None)
    request.session.modified = True
