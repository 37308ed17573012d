"""Writing to the audit log."""

from typing import Any

from django.db import transaction as database

from authsvc.audit.appending import append
from authsvc.audit.chain import event_digest, first_digest
from authsvc.audit.models import AuditEvent, AuditHead
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.tenancy.scope import current_tenant_id

_REASON = 80


# Without a savepoint: an event that cannot be written takes the whole change along.
@database.atomic(savepoint=False)
def record(
    tag: Tag,
    *,
    actor: str = "",
    transaction: str = "",
    client: str = "",
    subject: str = "",
    reason: str = "",
    **details: Any,
) -> AuditEvent:
    """Append one event to the chain of the tenant in scope, inside the caller's database transaction.

    `subject` is a subject's id, never a name; `details` hold no biometric data and no score (S9.4-11).
    The event stands or falls with the change that it records.
    """
    head = _lock_head()
    event = AuditEvent(
        sequence=head.sequence + 1,
        at=now(),
        tag=tag.value,
        actor=actor,
        transaction=transaction,
        client=client,
        subject=subject,
        # Some reasons are what a stranger's server said; the audit row must be written all the same.
        reason=reason[:_REASON],
        details=details,
        previous=head.digest,
    )
    event.digest = event_digest(head.digest, vars(event))
    append(event, head)
    return event


def _lock_head() -> AuditHead:
    head = AuditHead.objects.select_for_update().first()
    if head is None:
        AuditHead.objects.get_or_create(
            tenant_id=current_tenant_id(), defaults={"digest": first_digest(current_tenant_id())}
        )
        head = AuditHead.objects.select_for_update().get()
    return head
