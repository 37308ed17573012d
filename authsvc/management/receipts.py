"""Receipt numbers: what a person is shown of an act or a refusal, and what it is found by."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.ids import new_id
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction

_LENGTH = 10


@dataclass(frozen=True)
class Receipt:
    """An act that was done: its number, what it was, when, and whether a reference was erased by it."""

    number: str
    tag: Tag
    at: datetime
    erased: bool


def new_receipt() -> str:
    """Return a fresh receipt number; the act's audit row bears it as `receipt`."""
    return new_id()[:_LENGTH]


def recorded_under(number: str) -> Q:
    """Return the condition on audit events that somebody with this receipt number asks about.

    It is an attempt's id, an act's receipt, or what a refusal was shown with.
    """
    return Q(transaction=number) | Q(details__receipt=number) | Q(details__reference=number)


def attempts_under(number: str) -> Q:
    """Return the condition on attempts that somebody with this receipt number asks about."""
    events = AuditEvent.objects.filter(recorded_under(number)).exclude(transaction="")
    return Q(pk=number) | Q(pk__in=events.values("transaction"))


def explained_by(number: str) -> Transaction | AuditEvent | None:
    """Return what explains a receipt number: the attempt that it stands for or happened in, else an event."""
    own = Transaction.objects.filter(pk=number).first()
    attempt = own or Transaction.objects.filter(attempts_under(number)).first()
    return attempt or AuditEvent.objects.filter(recorded_under(number)).first()


def receipt_of(subject: Subject, number: str) -> Receipt | None:
    """Return what was done under a receipt number to what is this person's, or None."""
    found = AuditEvent.objects.filter(subject=str(subject.pk), details__receipt=number)
    events = list(found.order_by("sequence"))
    if not events:
        return None
    erased = any(event.tag == Tag.FACE_ERASED for event in events)
    return Receipt(number, Tag(events[0].tag), events[0].at, erased)
