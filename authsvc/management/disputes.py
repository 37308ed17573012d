"""Disputes: what people object to, written down and answered by a human within a month (S10-06)."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.people import open_person
from authsvc.privacy.models import Dispute
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction

Kind, Outcome = Dispute.Kind, Dispute.Outcome
ANSWERED_WITHIN: Final = timedelta(days=30)
"""One month at most (GDPR Art. 12(3))."""


class AnsweredAlready(Refused):
    """Somebody has answered it, and the person was told that."""

    def __init__(self) -> None:
        super().__init__("dispute-answered", _("It was answered already."), status=409)


@act
def raise_dispute(*, by: Actor, subject: Subject, kind: str, said: str, attempt: str = "") -> Dispute:
    """Write down what a person objects to, and return it; raises PersonClosed.

    `attempt` is the receipt number of an attempt of theirs; another one is left out.
    """
    person = open_person(subject)
    own = Transaction.objects.unchecked().filter(pk=attempt, subject=person).exists() if attempt else False
    made = Dispute.objects.create(
        subject=person,
        kind=Kind(kind),
        attempt=attempt if own else "",
        said=said,
        opened_at=now(),
        opened_by_name=by.name,
        due_at=now() + ANSWERED_WITHIN,
    )
    record(Tag.DISPUTE_OPENED, actor=by.name, subject=str(person.pk), dispute=made.pk, kind=kind)
    return made


@act
def answer(*, by: Actor, dispute: Dispute, outcome: str, text: str) -> None:
    """Write down what a person was answered; raises AnsweredAlready."""
    waiting = Dispute.objects.filter(pk=dispute.pk, outcome="")
    told = {"outcome": Outcome(outcome), "answer": text, "answered_at": now(), "answered_by_name": by.name}
    if not waiting.update(**told):
        raise AnsweredAlready
    said = {"dispute": dispute.pk, "outcome": outcome}
    record(Tag.DISPUTE_ANSWERED, actor=by.name, subject=str(dispute.subject_id), **said)


def disputes_of(subject: Subject) -> list[Dispute]:
    """Return what a person objected to, the newest first."""
    return list(Dispute.objects.filter(subject=subject).order_by("-opened_at")[:20])


def dispute_of(subject: Subject, pk: str) -> Dispute | None:
    """Return one of them by its key."""
    return Dispute.objects.filter(subject=subject, pk=pk).first()
