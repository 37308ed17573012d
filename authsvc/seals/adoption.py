"""Vouching for the rows of a release before seals: once, by an operator, who is told which they are."""

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import QuerySet

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.keys.service.chosen import key_service
from authsvc.seals.keys import own_key
from authsvc.seals.kinds import KINDS, Kind, Sealing
from authsvc.seals.sealing import vouch
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope


class VouchedBefore(Exception):
    """The rows of a kind were vouched for before; one without a seal since then is nobody's."""


def kinds_here() -> list[Kind]:
    """Return the kinds that this process can seal."""
    labels = {config.label for config in apps.get_app_configs()}
    known = [kind for kind in KINDS if kind.model.partition(".")[0] in labels]
    return [kind for kind in known if _sealing_here(kind)]


def _sealing_here(kind: Kind) -> list[Sealing]:
    return [sealer.role for sealer in kind.sealed_by if own_key(sealer.role) is not None]


def vouch_for(kind: Kind, *, again: bool = False) -> dict[str, list[str]]:
    """Seal the rows of a kind that have no seal, and return their ids by the tenants' slugs.

    Each role that seals the kind has its turn, since each runs in a process of its own; what one may not say
    is left to another. Raises VouchedBefore at a role's second time unless it is to be done `again`.
    """
    done = {role: f"seal/vouched/{kind.name}/{role}" for role in _sealing_here(kind)}
    due = [role for role, name in done.items() if again or not key_service().current(name)]
    if not due:
        raise VouchedBefore(kind.name)
    found = {tenant.slug: _vouch_in(tenant, kind, due) for tenant in Tenant.objects.order_by("slug")}
    for role in due:
        key_service().advance(done[role], at_least=1)
    return {slug: ids for slug, ids in found.items() if ids}


@transaction.atomic
def _vouch_in(tenant: Tenant, kind: Kind, by: list[Sealing]) -> list[str]:
    with tenant_scope(tenant.pk):
        sealed = [row for row in _unsealed(kind, tenant).iterator() if vouch(row, by)]
        for row in sealed:
            kind.model_class._base_manager.filter(pk=row.pk, seal=None).update(seal=row.seal)
        if sealed:
            record(Tag.ROWS_VOUCHED_FOR, actor="manage.py seal_rows", kind=kind.name, count=len(sealed))
    return [str(row.pk) for row in sealed]


def _unsealed(kind: Kind, tenant: Tenant) -> QuerySet[Any]:
    return kind.model_class._base_manager.filter(seal=None, tenant_id=tenant.pk).order_by("pk")
