"""Scheduled acts; they open nothing, and run in a Celery process of role provider (docs/adr/0112)."""

from celery import shared_task

from authsvc.management.approvals import expire
from authsvc.management.retention import erase_overdue
from authsvc.tenancy.each import in_each_tenant


@shared_task(ignore_result=True)
def erase_what_is_over() -> None:
    """Erase references that were not used for twelve months, or that no consent covers (S10-05)."""
    in_each_tenant(erase_overdue, having="references")


@shared_task(ignore_result=True)
def expire_approvals() -> None:
    """End requests for a second administrator's agreement that nobody decided in time (S9.4-02)."""
    in_each_tenant(expire, having="approvals")
