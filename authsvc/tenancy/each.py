"""Scheduled work that is done once for every tenant: no process has a scope of all of them."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)
Row = TypeVar("Row")


def of_each_tenant(rows: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """Yield what there is in the scope of every tenant in turn; whoever takes a row enters its scope.

    A tenant's rows are read before the first of them is handed out.
    """
    for tenant_id in Tenant.objects.values_list("id", flat=True):
        with tenant_scope(tenant_id):
            found = list(rows())
        yield from found


def in_each_tenant(step: Callable[[], object]) -> None:
    """Do the step in the scope of every tenant in turn.

    One tenant's trouble is logged and keeps no other waiting; the next run tries again.
    """
    for tenant_id in Tenant.objects.values_list("id", flat=True):
        try:
            with tenant_scope(tenant_id):
                step()
        except Exception:
            log.exception("%s failed for tenant %s", step.__name__, tenant_id)
