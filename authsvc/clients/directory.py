"""Finding a relying party by its client_id, from memory where possible."""

from time import monotonic
from uuid import UUID

from authsvc.clients.models import RelyingParty
from authsvc.tenancy.scope import current_tenant_id

# A change made in another process is noticed within this many seconds.
_LIFE = 10.0
_CAPACITY = 5000
_known: dict[tuple[UUID, str], tuple[float, RelyingParty]] = {}


def find_client(client_id: str) -> RelyingParty | None:
    """Return the active relying party of the tenant in scope, its secrets loaded, or None."""
    key = (current_tenant_id(), client_id)
    remembered = _known.get(key)
    if remembered is not None and monotonic() - remembered[0] < _LIFE:
        return remembered[1]
    party = (
        RelyingParty.objects.filter(client_id=client_id, status=RelyingParty.Status.ACTIVE)
        .select_related("tenant")
        .prefetch_related("secrets")
        .first()
    )
    _known.pop(key, None)
    if party is not None:
        _remember(key, party)
    return party


def forget_client(client_id: str) -> None:
    """Drop what is remembered of one relying party of the tenant in scope."""
    _known.pop((current_tenant_id(), client_id), None)


def forget_clients() -> None:
    """Drop everything; for tests."""
    _known.clear()


def _remember(key: tuple[UUID, str], party: RelyingParty) -> None:
    if len(_known) >= _CAPACITY:
        _known.clear()
    _known[key] = (monotonic(), party)
