"""Rows that an older key of their role sealed, sealed by the one in use: by a command, never by reading."""

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import QuerySet

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.seals.adoption import kinds_here
from authsvc.seals.kinds import Kind
from authsvc.seals.sealing import seal_anew
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

_BATCH: Final = 500


def renew_seals() -> dict[str, dict[str, list[str]]]:
    """Renew the seals of the roles whose keys are here; return the rows' ids by kind and the tenants' slugs.

    A seal that does not hold stays as it is, and is good for nothing once the older key is gone. So does that
    of a row which changes meanwhile, since whoever changes it seals it by the key in use.
    """
    found = {kind.name: dict(_renewed(kind)) for kind in kinds_here()}
    return {name: by_tenant for name, by_tenant in found.items() if by_tenant}


def _renewed(kind: Kind) -> Iterator[tuple[str, list[str]]]:
    for tenant in Tenant.objects.order_by("slug"):
        with tenant_scope(tenant.pk):
            ids = [str(row.pk) for row in _sealed(kind, tenant).iterator(_BATCH) if _renew(kind, row)]
            if ids:
                record(Tag.SEALS_RENEWED, actor="manage.py rotate_key", kind=kind.name, count=len(ids))
                yield tenant.slug, ids


def _sealed(kind: Kind, tenant: Tenant) -> QuerySet[Any]:
    rows = kind.model_class._base_manager.filter(tenant_id=tenant.pk)
    return rows.exclude(seal=None).order_by("pk")


def _renew(kind: Kind, row: Any) -> bool:
    before = row.seal
    if not seal_anew(row):
        return False
    same = kind.model_class._base_manager.filter(pk=row.pk, seal=before)
    return bool(same.update(seal=row.seal))
