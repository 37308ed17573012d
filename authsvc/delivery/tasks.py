"""Delivering, where the keys that sign may be opened (role provider)."""

from celery import shared_task

from authsvc.delivery.sender import send_due


@shared_task(ignore_result=True)
def deliver() -> None:
    """Tell relying parties what is due; on a queue of its own, so that no other work waits for them."""
    send_due()
