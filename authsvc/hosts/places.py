"""Where each tenant lives: the one home of its origin, its address and the RP ID of its passkeys.

At any moment a tenant has one address: below the installation's origin, or below that of a host of its own.
Its path is the same in both (docs/adr/0396).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from authsvc.core.remembered import Remembered
from authsvc.hosts.models import Host
from authsvc.hosts.names import installation_host, origin_on
from authsvc.seals.rows import believed
from authsvc.tenancy.models import Tenant

State = Host.State


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tenant lives: its own host or "", its kept RP ID or "", and since when, None for ever."""

    host: str = ""
    kept_rp_id: str = ""
    since: datetime | None = None

    @property
    def origin(self) -> str:
        """The origin of the tenant's pages."""
        return origin_on(self.host) if self.host else settings.BASE_URL

    @property
    def rp_id(self) -> str:
        """The RP ID that the tenant's passkeys are made for (WebAuthn Level 3 section 5.1.2)."""
        return self.kept_rp_id or installation_host()


@dataclass(frozen=True, slots=True)
class Known:
    """A host that is some tenant's: the tenant's slug, and whether it is asked for, in use or left."""

    slug: str
    state: str


_HOME = Place()
_NOBODYS = Known("", "")
# A change is noticed within this many seconds in every process.
_places: Remembered[UUID, Place] = Remembered(seconds=10, outlasts=3600)
_known: Remembered[str, Known] = Remembered(seconds=10, outlasts=3600)
_related: Remembered[str, list[str]] = Remembered(seconds=10)


def place_of(tenant_id: UUID) -> Place:
    """Return where a tenant lives."""
    return _places.get_or_make(tenant_id, lambda: _read_place(tenant_id))


def tenant_address(tenant: Tenant) -> str:
    """Return where a tenant's pages for people and relying parties begin; its issuer identifier, too.

    A process that has none of these pages, such as the portal's, can say where they stand all the same.
    """
    return f"{place_of(tenant.pk).origin}/t/{tenant.slug}/"


def known_host(host: str) -> Known | None:
    """Return whose host this is, None where it is no tenant's."""
    found = _known.get_or_make(host, lambda: _read_known(host))
    return None if found is _NOBODYS else found


def related_origins(rp_id: str) -> list[str]:
    """Return the origins whose pages may use the passkeys of an RP ID that is not theirs, sorted.

    These are of tenants that kept it when they moved (WebAuthn Level 3 section 5.11).
    """
    return _related.get_or_make(rp_id, lambda: _read_related(rp_id))


def forget_places() -> None:
    """Let this process look anew at where tenants live."""
    for remembered in (_places, _known, _related):
        remembered.forget_all()


def _read_place(tenant_id: UUID) -> Place:
    rows = [
        row for row in Host.objects.filter(tenant_id=tenant_id).exclude(state=State.ASKED) if believed(row)
    ]
    live = next((row for row in rows if row.state == State.LIVE), None)
    if live is not None:
        return Place(live.host, live.rp_id, live.live_at)
    left = [(row.left_at, row.rp_id) for row in rows if row.left_at is not None]
    # Back on the installation's host: the passkeys are still those of the address before.
    return Place(kept_rp_id=max(left)[1], since=max(left)[0]) if left else _HOME


def _read_known(host: str) -> Known:
    row = Host.objects.select_related("tenant").filter(host=host).first()
    return Known(row.tenant.slug, row.state) if row is not None and believed(row) else _NOBODYS


def _read_related(rp_id: str) -> list[str]:
    tenants = Host.objects.filter(rp_id=rp_id).values_list("tenant_id", flat=True).distinct()
    places = [place_of(tenant_id) for tenant_id in tenants]
    return sorted({place.origin for place in places if place.rp_id == rp_id and place.host != rp_id})
