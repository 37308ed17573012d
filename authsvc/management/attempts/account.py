"""Everything that is known of one attempt."""

from dataclasses import dataclass

from authsvc.assurance.levels import Assessment, Evidence, assess
from authsvc.audit.models import AuditEvent
from authsvc.management.attempts.explain import Step, explain
from authsvc.management.attempts.outcome import with_outcome
from authsvc.transactions.models import Capture, Transaction


@dataclass(frozen=True)
class Account:
    """An attempt with its `outcome`, what it proved, its steps, and the audit events behind them."""

    attempt: Transaction
    assessment: Assessment | None
    steps: list[Step]
    events: list[AuditEvent]


def account_of(transaction_id: str) -> Account:
    """Return the account of an attempt; raises Transaction.DoesNotExist."""
    rows = with_outcome(Transaction.objects.select_related("client", "subject", "device"))
    row = rows.get(pk=transaction_id)
    captures = list(Capture.objects.filter(transaction=row).defer("challenge", "verdict").order_by("number"))
    events = list(AuditEvent.objects.filter(transaction=row.pk).order_by("sequence"))
    return Account(row, _assessment(row), explain(row, captures, events), events)


def _assessment(row: Transaction) -> Assessment | None:
    """Return what a sign-in has proven; an enrolment has no level."""
    if row.kind != Transaction.Kind.AUTHENTICATE or row.decided_at is None:
        return None
    return assess(Evidence.from_record(row.evidence))
