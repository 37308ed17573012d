"""Delivering, and clearing the outbox; where the keys that sign may be opened (role provider)."""

from celery import shared_task

from authsvc.delivery import outbox
from authsvc.delivery.sender import send_due
from authsvc.tenancy.each import in_each_tenant


@shared_task(ignore_result=True)
def deliver() -> None:
    """Tell relying parties what is due; on a queue of its own, so that no other work waits for them."""
    send_due()


@shared_task(ignore_result=True)
def sweep() -> None:
    """Delete what was put into the outbox more than a week ago."""
    in_each_tenant(outbox.sweep, having="outbox")
