"""The provider's scheduled work; it runs where the token keys may be opened: a Celery process of role web."""

import logging
from collections.abc import Callable

from celery import shared_task

from authsvc.keys.signing import rotate_due
from authsvc.oidc.sessions.logout.ending import end_baseless_sessions
from authsvc.oidc.sessions.sweeping import sweep_expired
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import every_tenant_scope, tenant_scope

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def end_sessions() -> None:
    """End sessions whose ground is gone, and note who has to hear of it (S9.4-13)."""
    _for_each_tenant(end_baseless_sessions)


@shared_task(ignore_result=True)
def rotate_signing_keys() -> None:
    """Rotate what is due for every tenant (S9.4-09)."""
    _for_each_tenant(rotate_due)


@shared_task(ignore_result=True)
def sweep_provider() -> None:
    """Delete what has expired, so that no table grows without end."""
    with every_tenant_scope():
        sweep_expired()


def _for_each_tenant(step: Callable[[], object]) -> None:
    for tenant_id in Tenant.objects.values_list("id", flat=True):
        try:
            with tenant_scope(tenant_id):
                step()
        except Exception:
            # One tenant's trouble must not keep the others waiting; the next run tries again.
            log.exception("%s failed for tenant %s", step.__name__, tenant_id)
