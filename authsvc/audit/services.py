"""Writing to the audit log."""

from typing import Any

from django.db import transaction as database

from authsvc.audit.appending import append
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now

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
    event = AuditEvent(
        at=now(),
        tag=tag.value,
        actor=actor,
        transaction=transaction,
        client=client,
        subject=subject,
        # Some reasons are what a stranger's server said; the audit row must be written all the same.
        reason=reason[:_REASON],
        details=details,
    )
    append(event)
    return event
