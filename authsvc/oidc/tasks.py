"""The provider's scheduled work; it runs where the token keys may be opened: a Celery process of role web."""

from collections.abc import Callable

from celery import shared_task

from authsvc.keys.signing import rotate_due
from authsvc.oidc.ciba.ping import ping_due
from authsvc.oidc.logout.backchannel import deliver_due
from authsvc.oidc.logout.ending import end_baseless_sessions
from authsvc.oidc.sweeping import sweep_expired
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import every_tenant_scope, tenant_scope


@shared_task(ignore_result=True)
def end_sessions_and_tell() -> None:
    """End sessions whose ground is gone, and tell relying parties of ended ones (S9.4-13)."""
    _for_each_tenant(end_baseless_sessions, deliver_due)


@shared_task(ignore_result=True)
def ping_relying_parties() -> None:
    """Tell relying parties of answered backchannel requests."""
    _for_each_tenant(ping_due)


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
    for tenant_id in Tenant.objects.values_list("id", flat=True):
        with tenant_scope(tenant_id):
            for step in steps:
                step()
