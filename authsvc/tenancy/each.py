"""Scheduled work that is done tenant by tenant: no process has a scope of all of them."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar
from uuid import UUID

from django.db import connection

from authsvc.tenancy import sql
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.open_work import TELLING, Work
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)
Row = TypeVar("Row")


def of_each_tenant(
    rows: Callable[[], Iterable[Row]], *, having: Work | None = None, among: Iterable[UUID] | None = None
) -> Iterator[Row]:
    """Yield what there is in the scope of every tenant in turn; whoever takes a row enters its scope.

    A tenant's rows are read before the first of them is handed out. `having` leaves out tenants that have no
    open work of that kind; `among` are the tenants, where they are known already.
    """
    for tenant_id in _tenants(having) if among is None else among:
        with tenant_scope(tenant_id):
            found = list(rows())
        yield from found


def in_each_tenant(
    step: Callable[[], object], *, having: Work | None = None, among: Iterable[UUID] | None = None
) -> None:
    """Do the step in the scope of every tenant in turn, or of those as above.

    One tenant's trouble is logged and keeps no other waiting; the next run tries again.
    """
    for tenant_id in _tenants(having) if among is None else among:
        try:
            with tenant_scope(tenant_id):
                step()
        except Exception:
            log.exception("%s failed for tenant %s", step.__name__, tenant_id)


def _tenants(having: Work | None) -> list[UUID]:
    if having is None or connection.vendor != "postgresql":
        return list(Tenant.objects.values_list("id", flat=True))
    return sql.tenants_with(connection, TELLING, having)
