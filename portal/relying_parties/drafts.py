"""What was chosen so far of a relying party that is being registered, kept in the administrator's session."""

from typing import Any, Final

from authsvc.core.ids import new_id
from portal.accounts.requests import PortalRequest

_KEPT: Final = "relying_party_drafts"
_MOST: Final = 5


def keep(request: PortalRequest, draft: str, values: dict[str, Any]) -> str:
    """Keep values beside those of the draft, which is begun where there is none, and return its name.

    Of one administrator's drafts the last ones are kept, and each stays with its tenant.
    """
    held = _held(request)
    name = draft if draft in held else new_id()
    given = {"tenant": str(request.tenant.pk), "values": {**held.pop(name, {}).get("values", {}), **values}}
    request.session[_KEPT] = dict([*held.items(), (name, given)][-_MOST:])
    return name


def read(request: PortalRequest, draft: str) -> dict[str, Any]:
    """Return the values of a draft, empty where there is none in this tenant."""
    values: dict[str, Any] = _held(request).get(draft, {}).get("values", {})
    return values


def drop(request: PortalRequest, draft: str) -> None:
    """Forget a draft: what it was for is registered."""
    request.session[_KEPT] = {name: held for name, held in _held(request).items() if name != draft}


def _held(request: PortalRequest) -> dict[str, Any]:
    here = str(request.tenant.pk)
    found: dict[str, Any] = request.session.get(_KEPT, {})
    return {name: held for name, held in found.items() if held["tenant"] == here}
