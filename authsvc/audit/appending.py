"""Adding an event and moving its chain's head, in one statement where the database can hash.

Every token exchange writes an event, and from the lock on the head to the commit no other one of the
tenant can: what is saved here is saved in the busiest place.
"""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field

from authsvc.audit.chain import around_sequence, event_digest, first_digest
from authsvc.audit.models import AuditEvent, AuditHead
from authsvc.tenancy.scope import current_tenant_id

# The chain says these; everything else is the event's own.
_LINKED = ("sequence", "previous", "digest")


def append(event: AuditEvent) -> None:
    """Store the event as the newest of its tenant's chain, whose head stays locked until the commit.

    Sets the event's sequence number and both digests. Call inside a database transaction.
    """
    event.stamp_tenant()
    appended = _append_at_once if connection.vendor == "postgresql" else _append_under_lock
    if not appended(event):
        AuditHead.objects.get_or_create(
            tenant_id=current_tenant_id(), defaults={"digest": first_digest(current_tenant_id())}
        )
        appended(event)


def _append_under_lock(event: AuditEvent) -> bool:
    head = AuditHead.objects.select_for_update().first()
    if head is None:
        return False
    event.sequence, event.previous = head.sequence + 1, head.digest
    event.digest = event_digest(event.previous, vars(event))
    event.save(force_insert=True)
    AuditHead.objects.filter(pk=head.pk).update(sequence=event.sequence, digest=event.digest)
    return True


def _append_at_once(event: AuditEvent) -> bool:
    before, after = around_sequence(vars(event))
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in _own_fields()]
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [event.tenant_id, before, after, *values])
        row = cursor.fetchone()
    if row is None:
        return False
    event.pk, event.sequence, event.previous, event.digest = row
    event._state.adding = False
    return True


@cache
def _own_fields() -> "list[Field[Any, Any]]":
    fields = AuditEvent._meta.concrete_fields
    return [field for field in fields if not field.primary_key and field.name not in _LINKED]


@cache
def _statement() -> str:
    # The digest is that of `event_digest`; `||` writes the number as JSON does. Whoever waits for the
    # head's lock sees, when it is let in, the head that the other left.
    own = ", ".join(connection.ops.quote_name(str(field.column)) for field in _own_fields())
    # Names come from the model, values are parameters.
    return f"""
        WITH head AS (
            SELECT id, sequence + 1 AS sequence, digest FROM audit_audithead WHERE tenant_id = %s FOR UPDATE
        ), link AS (
            SELECT id, sequence, digest AS previous,
                encode(sha256(convert_to(digest || %s || sequence || %s, 'UTF8')), 'hex') AS digest
            FROM head
        ), advanced AS (
            UPDATE audit_audithead SET sequence = link.sequence, digest = link.digest
            FROM link WHERE audit_audithead.id = link.id
        )
        INSERT INTO audit_auditevent (sequence, previous, digest, {own})
        SELECT sequence, previous, digest, {", ".join(["%s"] * len(_own_fields()))} FROM link
        RETURNING id, sequence, previous, digest
    """  # noqa: S608
