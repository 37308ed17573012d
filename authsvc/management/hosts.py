"""The address of an organisation: a host name of its own, from asking for it to leaving it."""

from typing import Final

from django.db.models import QuerySet

from authsvc.devices.models import Device
from authsvc.hosts import moving
from authsvc.hosts.models import Host
from authsvc.management.acting import act
from authsvc.management.actors import Actor, System
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id
from authsvc.vault.ageing import MOST
from authsvc.vault.models import Bundle

COUNTED: Final = 1_000
"""So many passkeys are counted, and of more it is said that they are more."""


@act
def ask(*, by: Actor, host: str) -> Host:
    """Ask for a host name; it is not used before it is proven to lead here. Raises HostRefused."""
    return moving.ask_for(_tenant(), host, actor=by.name)


@act
def go_live(*, by: Actor, host: str, unchecked: bool = False) -> Host:
    """Let the organisation live at a host that answers its challenge; raises HostRefused.

    The operator alone may leave the question out: a name inside a network is asked nothing from here.
    """
    checked = not (unchecked and isinstance(by, System))
    if checked:
        require_answer(host)
    return moving.go_live(
        _tenant(), host, keeps_passkeys=bool(kept_passkeys()), actor=by.name, checked=checked
    )


@act
def leave(*, by: Actor, host: str) -> None:
    """Go back from a host to the installation's address; raises HostRefused where it is not in use."""
    moving.leave(_tenant(), host, actor=by.name)


@act
def drop(*, by: Actor, host: str) -> None:
    """Give up a name that is not in use; raises HostRefused."""
    moving.drop(_tenant(), host, actor=by.name)


def require_answer(host: str) -> None:
    """Raise HostRefused unless a name of the tenant in scope leads to this installation."""
    moving.require_answer(_tenant(), host)


def names() -> list[Host]:
    """Return the host names of the tenant in scope, the one in use first."""
    rows = Host.objects.filter(tenant_id=current_tenant_id()).order_by("-asked_at")
    return sorted(rows, key=lambda row: row.state != Host.State.LIVE)


def kept_passkeys() -> int:
    """Return how many passkeys people of the tenant in scope can sign in with: they keep its RP ID.

    Counted up to COUNTED and one more.
    """
    return _counted(_active())


def shares_in_browsers() -> int:
    """Return with how many passkeys a face opens by what a browser keeps, for one origin alone.

    Counted up to COUNTED and one more.
    """
    # By two statements: neither index holds for both at once. A passkey keeps a bundle for each moment.
    bundles = Bundle.objects.values("device")[: (COUNTED + 1) * (MOST + 1)]
    bundled = _active().exclude(share_kind="browser").filter(pk__in=bundles)
    return min(_counted(_active().filter(share_kind="browser")) + _counted(bundled), COUNTED + 1)


def _active() -> QuerySet[Device]:
    return Device.objects.filter(status=Device.Status.ACTIVE)


def _counted(rows: QuerySet[Device]) -> int:
    return rows.values("tenant")[: COUNTED + 1].count()


def _tenant() -> Tenant:
    return Tenant.objects.get(pk=current_tenant_id())
