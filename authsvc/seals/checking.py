"""Asking every sealed row whether its seal holds: after a restore, or when in doubt; changes nothing."""

from typing import NamedTuple

from django.apps import apps
from django.conf import settings

from authsvc.seals.kinds import KINDS, Kind
from authsvc.seals.sealing import checks_as, holds
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

_BATCH = 500


class Looked(NamedTuple):
    """How many rows of a kind hold, and the ids of those that do not, by the tenants' slugs."""

    whole: int
    doubted: dict[str, list[str]]


def kinds_checked_here() -> list[Kind]:
    """Return the kinds that this process checks when it reads them."""
    labels = {config.label for config in apps.get_app_configs()}
    roles = {checks_as(role) for role in settings.ROLES}
    known = [kind for kind in KINDS if kind.model.partition(".")[0].lower() in labels]
    return [kind for kind in known if roles.intersection(kind.checked_by)]


def look_at(kind: Kind) -> Looked:
    """Return whether the rows of a kind are believed here, over all tenants."""
    whole, doubted = 0, {}
    for tenant in Tenant.objects.order_by("slug"):
        with tenant_scope(tenant.pk):
            rows = kind.model_class._base_manager.filter(tenant_id=tenant.pk).order_by("pk")
            found = [(str(row.pk), holds(row)) for row in rows.iterator(_BATCH)]
        whole += sum(is_whole for _, is_whole in found)
        if ids := [pk for pk, is_whole in found if not is_whole]:
            doubted[tenant.slug] = ids
    return Looked(whole, doubted)
