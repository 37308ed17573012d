"""Everything that is known of one attempt."""

from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import Final

from authsvc.assurance.levels import Assessment, Evidence, assess
from authsvc.audit.models import AuditEvent
from authsvc.audit.reading import numbered
from authsvc.audit.tags import Tag
from authsvc.core.texts import Text
from authsvc.management.attempts.explain import Step, called, explain
from authsvc.management.attempts.outcome import with_outcome
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import SignInRequest

# How a person came to approve something: what they were told of it, before the attempt began.
_TELLING: Final = (Tag.BACKCHANNEL_ASKED, Tag.PERSON_TOLD, Tag.PERSON_NOT_TOLD)
_BEFORE: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Part:
    """A part of the installation: what it is called, the level that it carries at most, and its region."""

    name: Text
    grade: str
    region: str


@dataclass(frozen=True)
class Account:
    """An attempt with its `outcome`, what it proved, its steps, and the audit events behind them.

    `parts` are those of the installation that it rests on.
    """

    attempt: Transaction
    assessment: Assessment | None
    parts: list[Part]
    steps: list[Step]
    events: list[AuditEvent]


def account_of(transaction_id: str) -> Account:
    """Return the account of an attempt; raises Transaction.DoesNotExist."""
    rows = with_outcome(Transaction.objects.select_related("client", "subject", "device"))
    row = rows.get(pk=transaction_id)
    captures = list(Capture.objects.filter(transaction=row).defer("challenge", "verdict").order_by("number"))
    own = numbered(AuditEvent.objects.filter(transaction=row.pk))
    events = sorted([*_before(row), *own], key=attrgetter("sequence"))
    return Account(row, _assessment(row), _parts(row), explain(row, captures, events), events)


def _parts(row: Transaction) -> list[Part]:
    return [Part(called(each.kind, each.name), each.grade, each.region) for each in row.evidence.touched]


def _before(row: Transaction) -> list[AuditEvent]:
    """Return what the log says of a request without a browser that the attempt answers; else nothing."""
    if row.kind != Transaction.Kind.AUTHENTICATE:
        return []
    asked = SignInRequest.from_json(row.request).backchannel
    if not asked:
        return []
    since = row.created_at - _BEFORE
    found = AuditEvent.objects.filter(tag__in=_TELLING, at__gte=since, details__request=asked)
    return list(numbered(found))


def _assessment(row: Transaction) -> Assessment | None:
    """Return what a sign-in has proven; an enrolment has no level."""
    if row.kind != Transaction.Kind.AUTHENTICATE or row.decided_at is None:
        return None
    return assess(Evidence.from_record(row.evidence))
