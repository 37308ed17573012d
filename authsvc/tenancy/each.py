"""Scheduled work that is done once for every tenant."""

import logging
from collections.abc import Callable

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)


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
