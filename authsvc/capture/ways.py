"""Ways on: what somebody can press where a page itself goes no further (docs/states.md)."""

from dataclasses import dataclass

from django.urls import is_valid_path, reverse
from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction


@dataclass(frozen=True)
class Way:
    """A link: what it says, and where it leads."""

    text: Text
    href: str


def start_page(tenant: Tenant) -> list[Way]:
    """Return the way to the tenant's own page for people; none in a process that has no such page."""
    own = f"/t/{tenant.slug}/me/"
    return [Way(_("Your passkeys and face"), own)] if is_valid_path(own) else []


def ways_from(request: TenantRequest, own: Transaction | None) -> list[Way]:
    """Return the ways from a page of this request; `own` is the browser's transaction, where it has one."""
    further = [onward(own)] if own is not None else []
    ways = [*further, *start_page(request.tenant)]
    return [way for way in ways if way.href != request.path]


def onward(row: Transaction) -> Way:
    """Return the way on from a transaction of this browser: back into it, or to what comes after it."""
    if row.state in {*Transaction.ENDED, Transaction.State.DECIDED}:
        return Way(_("Go on"), row.continue_path)
    page = reverse("capture:page", kwargs={"tenant": row.tenant.slug, "txn": row.pk})
    return Way(_("Go on"), page)
