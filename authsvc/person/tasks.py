"""Scheduled work on visits; it runs in a Celery process of role web."""

from celery import shared_task

from authsvc.person.visits import sweep_visits as sweep
from authsvc.tenancy.scope import every_tenant_scope


@shared_task(ignore_result=True)
def sweep_visits() -> None:
    """Delete visits that have long been over."""
    with every_tenant_scope():
        sweep()
