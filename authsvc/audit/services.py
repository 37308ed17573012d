"""Writing to the audit log."""

import os
from typing import Any, Final

from django.db import connection
from django.db import transaction as database

from authsvc.audit import sql
from authsvc.audit.leaves import leaf_of
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.audit.writers import own_writer
from authsvc.core.clock import now
from authsvc.tenancy.rows import new_row

_REASON: Final = 80
_SALT: Final = 16  # bytes


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
    """Write one event of the tenant in scope, inside the caller's database transaction.

    `subject` is a subject's id, never a name; `details` hold no biometric data and no score (S9.4-11).
    The event stands or falls with the change that it records, and is in the tenant's log within two seconds.
    """
    event = _event(tag, actor, transaction, client, subject, reason, details)
    if not connection.in_atomic_block:
        # One statement is a transaction by itself, which saves what begins and ends one.
        append(event)
        return event
    # Without a savepoint: an event that cannot be written takes the whole change along.
    with database.atomic(savepoint=False):
        append(event)
    return event


def signed(
    tag: Tag,
    *,
    transaction: str = "",
    client: str = "",
    subject: str = "",
    reason: str = "",
    **details: Any,
) -> AuditEvent:
    """Return an event for whoever stores it by the statement that stores what it records (rows.insert)."""
    return _signed(_event(tag, "", transaction, client, subject, reason, details))


def append(event: AuditEvent) -> None:
    """Store an event with its writer's MAC, and lock nothing that another writer waits for."""
    sql.insert(_signed(event))


def _event(
    tag: Tag, actor: str, transaction: str, client: str, subject: str, reason: str, details: dict[str, Any]
) -> AuditEvent:
    return new_row(
        AuditEvent,
        at=now(),
        tag=tag.value,
        actor=actor,
        # What belongs to no attempt is found by its receipt number, which stands where an attempt's would.
        transaction=transaction or str(details.get("receipt", "")),
        client=client,
        subject=subject,
        # Some reasons are what a stranger's server said; the audit row must be written all the same.
        reason=reason[:_REASON],
        details=details,
    )


def _signed(event: AuditEvent) -> AuditEvent:
    event.stamp_tenant()
    writer = own_writer()
    event.salt = os.urandom(_SALT)
    event.mac = writer.mac(event.tenant_id, leaf_of(vars(event), salt=event.salt, writer=writer.name))
    return event
