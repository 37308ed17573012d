"""Finding a relying party, from memory where possible."""

from time import monotonic
from uuid import UUID

from authsvc.clients.models import RelyingParty
from authsvc.tenancy.scope import current_tenant_id

# A change made in another process is noticed within this many seconds.
_LIFE = 10.0
_CAPACITY = 5000
_known: dict[tuple[UUID, str, str], tuple[float, RelyingParty]] = {}


def find_client(client_id: str) -> RelyingParty | None:
    """Return the active relying party of the tenant in scope, its secrets loaded, or None."""
    return _find("client_id", client_id)


def find_client_by_key(key: str) -> RelyingParty | None:
    """Return the active relying party with this primary key, as `find_client` does."""
    return _find("pk", key)


def forget_client(client_id: str) -> None:
    """Drop what is remembered of one relying party of the tenant in scope."""
    tenant_id = current_tenant_id()
    # A copy: other threads may remember another one meanwhile.
    for key, (_, party) in list(_known.items()):
        if key[0] == tenant_id and party.client_id == client_id:
            _known.pop(key, None)


def forget_clients() -> None:
    """Drop everything; for tests."""
    _known.clear()


def _find(field: str, value: str) -> RelyingParty | None:
    key = (current_tenant_id(), field, value)
    remembered = _known.get(key)
    if remembered is not None and monotonic() - remembered[0] < _LIFE:
        return remembered[1]
    party = (
        RelyingParty.objects.filter(**{field: value}, status=RelyingParty.Status.ACTIVE)
        .select_related("tenant")
        .prefetch_related("secrets")
        .first()
    )
    _known.pop(key, None)
    if party is not None:
        _remember(key, party)
    return party


def _remember(key: tuple[UUID, str, str], party: RelyingParty) -> None:
    if len(_known) >= _CAPACITY:
        _known.clear()
    _known[key] = (monotonic(), party)
