"""Receipt numbers: what a person is shown of an act or a refusal, and what it is found by."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from authsvc.audit.models import AuditEvent, Position
from authsvc.audit.tags import Tag
from authsvc.core.ids import attempt_in, new_id
from authsvc.privacy.models import ConsentReceipt
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction

_LENGTH = 10
_MOST: Final = 200
"""More events under one number are of no use to anybody."""
_PLACE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_NUMBERED_BEFORE: Final = (
    Tag.AGENT_REFUSED,
    Tag.APPROVAL_REFUSED,
    Tag.CONSENT_WITHDRAWN,
    Tag.DEVICE_REVOKED,
    Tag.FACE_ERASED,
)


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


def events_under(number: str) -> list[int]:
    """Return the events that somebody with this number asks about, by the numbers of their rows.

    It is an attempt's id, a token's, an act's receipt, what a refusal was shown with, a consent's, or where
    an event stands in the log.
    """
    number = attempt_in(number.strip())
    if _PLACE.fullmatch(number):
        return list(Position.objects.filter(position=int(number) - 1).values_list("event", flat=True))
    found = _numbers(AuditEvent.objects.filter(transaction=number)) if number else []
    return found or (_of_before(number) if number else [])


def recorded_under(number: str) -> Q:
    """Return the condition on audit events that somebody with this number asks about."""
    return Q(sequence__in=events_under(number))


def attempts_under(number: str) -> Q:
    """Return the condition on attempts that somebody with this number asks about."""
    events = AuditEvent.objects.filter(recorded_under(number)).exclude(transaction="").order_by()
    happened_in = set(events.values_list("transaction", flat=True).distinct()[:_MOST])
    return Q(pk__in={attempt_in(number.strip()), *happened_in})


def explained_by(number: str) -> Transaction | AuditEvent | None:
    """Return what explains a number: the attempt that it stands for or happened in, else an event."""
    own = Transaction.objects.unchecked().filter(pk=attempt_in(number.strip())).first()
    if own is not None:
        return own
    events = list(AuditEvent.objects.filter(recorded_under(number))[:_MOST])
    happened_in = {event.transaction for event in events} - {""}
    attempt = Transaction.objects.unchecked().filter(pk__in=happened_in).first() if happened_in else None
    if attempt is not None and not _PLACE.fullmatch(number.strip()):
        return attempt
    return events[0] if events else None


def _of_before(number: str) -> list[int]:
    """Return events of a release that left the number in the details alone, where no index has it."""
    said = Q(details__receipt=number) | Q(details__reference=number)
    consent = ConsentReceipt.objects.unchecked().filter(pk=number).first()
    if consent is not None:
        given = AuditEvent.objects.filter(subject=str(consent.subject_id), tag=Tag.CONSENT_GIVEN)
        return _numbers(given.filter(said))
    return _numbers(AuditEvent.objects.filter(said, tag__in=_NUMBERED_BEFORE))


def _numbers(events: QuerySet[AuditEvent]) -> list[int]:
    return list(events.order_by("-sequence").values_list("sequence", flat=True)[:_MOST])


def receipt_of(subject: Subject, number: str) -> Receipt | None:
    """Return what was done under a receipt number to what is this person's, or None."""
    found = AuditEvent.objects.filter(subject=str(subject.pk), details__receipt=number)
    events = list(found.order_by("sequence"))
    if not events:
        return None
    erased = any(event.tag == Tag.FACE_ERASED for event in events)
    return Receipt(number, Tag(events[0].tag), events[0].at, erased)
