"""The provider's scheduled work; it runs where the token keys may be opened: a Celery process of role web."""

import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from celery import shared_task

from authsvc.keys.signing import rotate_due
from authsvc.oidc.ciba.ping import due_pings, ping_due
from authsvc.oidc.sessions.logout.backchannel import deliver_due
from authsvc.oidc.sessions.logout.ending import end_baseless_sessions
from authsvc.oidc.sessions.sweeping import sweep_expired
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import every_tenant_scope, tenant_scope

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def end_sessions_and_tell() -> None:
    """End sessions whose ground is gone, and tell relying parties of ended ones (S9.4-13)."""
    _for_each_tenant(end_baseless_sessions, deliver_due)


@shared_task(ignore_result=True)
def ping_relying_parties() -> None:
    """Tell relying parties of answered backchannel requests."""
    with every_tenant_scope():
        waiting = list(due_pings().values_list("tenant_id", flat=True).distinct())
    _for_each(waiting, ping_due)


@shared_task(ignore_result=True)
def rotate_signing_keys() -> None:
    """Rotate what is due for every tenant (S9.4-09)."""
    _for_each_tenant(rotate_due)


@shared_task(ignore_result=True)
def sweep_provider() -> None:
    """Delete what has expired, so that no table grows without end."""
    with every_tenant_scope():
        sweep_expired()


def _for_each_tenant(*steps: Callable[[], object]) -> None:
    _for_each(Tenant.objects.values_list("id", flat=True), *steps)


def _for_each(tenants: Iterable[UUID], *steps: Callable[[], object]) -> None:
    for tenant_id in tenants:
        for step in steps:
            try:
                with tenant_scope(tenant_id):
                    step()
            except Exception:
                # One tenant's trouble must not keep the others waiting; the next run tries again.
                log.exception("%s failed for tenant %s", step.__name__, tenant_id)
