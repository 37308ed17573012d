"""Adding an event and moving its chain's head, in one round trip where the database can do that.

Every token exchange writes an event, so a round trip saved here is saved in the busiest place.
"""

from django.db import connection

from authsvc.audit.models import AuditEvent, AuditHead


def append(event: AuditEvent, head: AuditHead) -> None:
    """Store the event and advance the locked head to it; call inside a database transaction."""
    event.stamp_tenant()
    if connection.vendor == "postgresql":
        _append_at_once(event, head)
        return
    event.save(force_insert=True)
    AuditHead.objects.filter(pk=head.pk).update(sequence=event.sequence, digest=event.digest)


def _append_at_once(event: AuditEvent, head: AuditHead) -> None:
    fields = [field for field in AuditEvent._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(field.pre_save(event, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        # Names come from the model, values are parameters.
        cursor.execute(
            "WITH advanced AS (UPDATE audit_audithead SET sequence = %s, digest = %s WHERE id = %s) "  # noqa: S608
            f"INSERT INTO audit_auditevent ({columns}) VALUES ({places}) RETURNING id",
            [event.sequence, event.digest, head.pk, *values],
        )
        event.pk = cursor.fetchone()[0]
    event._state.adding = False
