"""Checking a tenant's chain: which row was altered, is missing, or stands in another's place."""

from dataclasses import dataclass

from authsvc.audit.chain import event_digest, first_digest
from authsvc.audit.models import AuditEvent, AuditHead
from authsvc.core.marking import gettext_noop
from authsvc.tenancy.scope import current_tenant_id


@dataclass(frozen=True)
class Finding:
    """The first fault in a chain: where, and what kind."""

    sequence: int
    kind: str


def verify_chain() -> tuple[int, Finding | None]:
    """Return how many events of the tenant in scope were checked, and the first fault or None.

    Kinds: `missing` (a number is skipped, or the newest events are gone), `altered` (content and digest
    differ), `reordered` (content is whole but follows another event than it says).
    """
    previous = first_digest(current_tenant_id())
    checked = 0
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000):
        fault = _fault(event, checked + 1, previous)
        if fault is not None:
            return checked, fault
        checked, previous = checked + 1, event.digest
    head = AuditHead.objects.first()
    if head is not None and head.sequence > checked:
        return checked, Finding(checked + 1, gettext_noop("missing"))
    if head is not None and head.digest != previous:
        return checked, Finding(checked, gettext_noop("altered"))
    return checked, None


def _fault(event: AuditEvent, expected: int, previous: str) -> Finding | None:
    if event.sequence != expected:
        return Finding(expected, gettext_noop("missing"))
    if event.digest != event_digest(event.previous, vars(event)):
        return Finding(event.sequence, gettext_noop("altered"))
    if event.previous != previous:
        return Finding(event.sequence, gettext_noop("reordered"))
    return None
