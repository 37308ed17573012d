"""Deleting what is over by the register of retention, tenant by tenant, and asking what is due (ADR 0431)."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from django.db import connection, transaction

from authsvc.core.retention import Swept, swept
from authsvc.tenancy import sql
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.open_work import DUE, DUE_NOW, ENDING, OVER, Due
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)
BATCH: Final = 500
_BATCHES: Final = 40
"""Of one kind and tenant a run deletes no more than so many batches: the next run goes on."""


def due_now(moment: datetime) -> dict[Due, list[UUID]]:
    """Return the tenants that have something of each kind for the sweeper to do with, by one statement.

    On SQLite every tenant is looked at.
    """
    if connection.vendor != "postgresql":
        everybody = list(Tenant.objects.values_list("id", flat=True))
        return dict.fromkeys(DUE, everybody)
    found: dict[Due, list[UUID]] = {kind: [] for kind in DUE}
    for kind, tenant in sql.what_is_due(connection, DUE_NOW, moment):
        found[cast("Due", kind)].append(tenant)
    return found


def groundless(moment: datetime) -> list[UUID]:
    """Return the tenants with sign-ins whose ground is gone, by one statement; on SQLite every tenant."""
    if connection.vendor != "postgresql":
        return list(Tenant.objects.values_list("id", flat=True))
    return sorted({tenant for _, tenant in sql.what_is_due(connection, ENDING, moment)})


def erase_over(moment: datetime) -> dict[str, int]:
    """Delete what the register says is over at a moment; return how many rows of each of its rows.

    One tenant's trouble is logged and keeps nothing else waiting; the next run tries again.
    """
    erased: dict[str, int] = {}
    for row, tenant in _over(moment):
        try:
            count = _erase(row, tenant, moment)
        except Exception:
            log.exception("what is over of %s stays, of tenant %s", row.name, tenant)
        else:
            erased[row.name] = erased.get(row.name, 0) + count
    return {name: count for name, count in erased.items() if count}


def _over(moment: datetime) -> Iterator[tuple[Swept, UUID | None]]:
    rows = {row.name: row for row in swept()}
    yield from ((row, None) for row in rows.values() if not row.tenants)
    if connection.vendor != "postgresql":
        tenants = list(Tenant.objects.values_list("id", flat=True))
        yield from ((row, tenant) for row in rows.values() if row.tenants for tenant in tenants)
        return
    for name, tenant in sql.what_is_due(connection, OVER, moment):
        if name in rows:  # a release beside this one may have told the database of another
            yield rows[name], tenant


def _erase(row: Swept, tenant: UUID | None, moment: datetime) -> int:
    count = 0
    for _ in range(_BATCHES):
        batch = _erase_batch(row, tenant, moment)
        count += batch
        if batch < BATCH:
            break
    return count


@transaction.atomic
def _erase_batch(row: Swept, tenant: UUID | None, moment: datetime) -> int:
    if tenant is None:
        return sql.delete_over(connection, row, None, moment, most=BATCH)
    with tenant_scope(tenant):
        return sql.delete_over(connection, row, tenant, moment, most=BATCH)
