"""The sweeper: scheduled work that no worker's fate decides; it runs in a Celery process of role provider."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task

from authsvc.capture.queueing import enqueue_verification
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.services import hand_over, orphaned_captures, sweep, waiting_captures

# A message can be lost with a killed worker; the capture is handed out again after this time.
LOST_AFTER = timedelta(seconds=20)


@shared_task(ignore_result=True)
def sweep_overdue() -> None:
    """Hold every life limit (S7-04), and hand out captures again whose message or worker was lost."""
    sweep()
    for tenant_id, capture_id in orphaned_captures():
        with tenant_scope(UUID(tenant_id)):
            handed_over = hand_over(capture_id)
        if handed_over:
            enqueue_verification(tenant_id=tenant_id, capture_id=capture_id)
    for tenant_id, capture_id in waiting_captures(LOST_AFTER):
        enqueue_verification(tenant_id=tenant_id, capture_id=capture_id)
