"""Finding a relying party, from memory where possible."""

from uuid import UUID

from django.db.models import Prefetch

from authsvc.clients.models import RelyingParty
from authsvc.core.remembered import Remembered
from authsvc.core.strictjson import is_storable
from authsvc.tenancy.scope import current_tenant_id

# A change made in another process is noticed within this many seconds.
_parties: Remembered[tuple[UUID, str, str], RelyingParty] = Remembered(seconds=10)


def find_client(client_id: str) -> RelyingParty | None:
    """Return the active relying party of the tenant in scope with its `known_secrets`, or None."""
    return _find("client_id", client_id)


def remembered_client(client_id: str) -> RelyingParty | None:
    """Return what `find_client` would where that asks nobody, else None."""
    return _parties.get((current_tenant_id(), "client_id", client_id))


def find_client_by_key(key: str) -> RelyingParty | None:
    """Return the active relying party with this primary key, as `find_client` does."""
    return _find("pk", key)


def forget_client(client_id: str) -> None:
    """Drop what is remembered of one relying party of the tenant in scope."""
    tenant_id = current_tenant_id()
    _parties.forget_where(lambda key, party: key[0] == tenant_id and party.client_id == client_id)


def _find(field: str, value: str) -> RelyingParty | None:
    if not is_storable(value):
        return None
    key = (current_tenant_id(), field, value)
    known = _parties.get(key)
    return _read(key, field, value) if known is None else known


def _read(key: tuple[UUID, str, str], field: str, value: str) -> RelyingParty | None:
    party = (
        RelyingParty.objects.filter(**{field: value}, status=RelyingParty.Status.ACTIVE)
        .select_related("tenant")
        .prefetch_related(Prefetch("secrets", to_attr="known_secrets"))  # type: ignore[no-redef]
        .first()
    )
    return None if party is None else _parties.keep(key, party)
