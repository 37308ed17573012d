"""Writing down, in each organisation's log, on which evaluation record its decisions rest from now on."""

from uuid import UUID

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.tenancy.scope import current_tenant_id

# What this process has seen written, so that the log is asked once and not for every face.
_written: dict[UUID, str] = {}


def note_adopted(adopted: str | None, *, engine: str) -> None:
    """Record that another evaluation record vouches for the faces of the tenant in scope than before.

    `adopted` is its id, None where none vouches: then a face counts as absent, and nothing was adopted.
    """
    tenant = current_tenant_id()
    if adopted is None or _written.get(tenant) == adopted:
        return
    last = AuditEvent.objects.filter(tag=Tag.RECORD_ADOPTED).order_by("-sequence").first()
    if last is None or last.details.get("record") != adopted:
        record(Tag.RECORD_ADOPTED, record=adopted, engine=engine)
    _written[tenant] = adopted
