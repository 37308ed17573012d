"""Scheduled work on visits; it runs in a Celery process of role provider."""

from celery import shared_task

from authsvc.person.visits import sweep_visits as sweep
from authsvc.tenancy.each import in_each_tenant


@shared_task(ignore_result=True)
def sweep_visits() -> None:
    """Delete visits that have long been over."""
    in_each_tenant(sweep, having="visits")
