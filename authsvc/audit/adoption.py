"""Taking over the chain of the release before: its events become the first leaves of the new log, once.

They bear no writer's MAC. So it is done while a log holds nothing else, up to an event that says how many
there were; whoever inserts such rows later inserts what is never taken in.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from authsvc.audit.chain import event_digest, first_digest
from authsvc.audit.contents import leaves
from authsvc.audit.leaves import BEFORE
from authsvc.audit.models import AuditEvent, AuditHead, Position
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.writers import leaf_of_row
from authsvc.core.marking import gettext_noop
from authsvc.tenancy.scope import current_tenant_id

AT_ONCE: Final = 50_000
_MARK: Final = f'"writer":"{BEFORE}"'.encode()


def goes_on(size: int) -> bool:
    """Whether a log of this size holds nothing but what the release before left."""
    return size == 0 or any(leaf.endswith(_MARK + b"}") for leaf in leaves(size - 1, size))


def adopted(*, late: bool = False) -> list[tuple[int, bytes]]:
    """Return number and leaf of the next events of the older chain; with the last of them that is recorded.

    A chain that is not whole is taken as it stands, and the record says which of its events is at fault.
    """
    rows = list(older(taken=False)[:AT_ONCE])
    found = [(row.sequence, leaf) for row in rows if (leaf := leaf_of_row(vars(row))) is not None]
    if rows and len(rows) < AT_ONCE:
        checked, fault = verify_older()
        at, kind = (0, "") if fault is None else fault
        record(Tag.LOG_BEGUN, reason="late" if late else "", events=checked, fault=kind, number=at)
    return found


def older(*, taken: bool | None = None) -> "QuerySet[AuditEvent]":
    """Return the events of the older chain in its order; with `taken`, those that are in the log, or not."""
    rows = AuditEvent.objects.filter(mac=None).exclude(digest="").order_by("old_sequence")
    if taken is None:
        return rows
    places = Exists(Position.objects.filter(event=OuterRef("pk")))
    return rows.filter(places if taken else ~places)


def verify_older() -> tuple[int, tuple[int, str] | None]:
    """Return how many events of the older chain were checked, and number and kind of its first fault.

    Kinds: `missing` (a number is skipped, or the newest events are gone), `altered` (content and digest
    differ), `reordered` (content is whole but follows another event than it says).
    """
    checked, previous = 0, first_digest(current_tenant_id())
    for number, fault, digest in _links(older().iterator(chunk_size=2000)):
        if fault is None and digest.previous != previous:
            fault = gettext_noop("reordered")
        if fault is not None:
            return checked, (number, fault)
        checked, previous = checked + 1, digest.digest
    head = AuditHead.objects.first()
    if head is not None and head.sequence > checked:
        return checked, (checked + 1, gettext_noop("missing"))
    if head is not None and head.digest != previous:
        return checked, (checked, gettext_noop("altered"))
    return checked, None


def _links(rows: Iterable[AuditEvent]) -> Iterator[tuple[int, str | None, AuditEvent]]:
    for expected, row in enumerate(rows, 1):
        if row.old_sequence != expected:
            yield expected, gettext_noop("missing"), row
        else:
            content = {**vars(row), "sequence": row.old_sequence}
            altered = row.digest != event_digest(row.previous, content)
            yield expected, gettext_noop("altered") if altered else None, row
