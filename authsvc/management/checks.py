"""Checks of the whole log: a member asks, scheduled work does it, the log vouches for it (docs/adr/0488)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from authsvc.audit.models import AuditEvent
from authsvc.audit.proofs import is_proven
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.verification import Verified, verify_log
from authsvc.core.clock import now
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.models import LogCheck

GIVEN_UP: Final = timedelta(minutes=2)
"""A check that nobody has gone on with for so long is begun anew: whoever had begun it is gone."""
TAKEN_IN: Final = timedelta(seconds=30)
"""Within so long an event is in the log; what is not by then is not waited for."""
SHOWN: Final = 10


@dataclass(frozen=True)
class Found:
    """What a check says: how many events were whole, and the first fault; see verification.Finding.

    `proven` is False while the log does not vouch for it yet: the event that says it waits to come in.
    """

    events: int
    kind: str
    number: int
    row: int
    until: int
    proven: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found, and the log says so itself: nobody else is believed."""
        return not self.kind and self.proven


@act
def start(*, by: Actor) -> LogCheck:
    """Have the whole log checked; return the check that goes on already, where there is one."""
    going_on = LogCheck.objects.filter(ended_at=None).first()
    if going_on is not None:
        return going_on
    try:
        with transaction.atomic():
            made = LogCheck.objects.create(asked_by_name=by.name, asked_at=now())
    except IntegrityError:
        return LogCheck.objects.get(ended_at=None)
    record(Tag.LOG_CHECK_ASKED, actor=by.name, check=made.pk)
    return made


def newest() -> QuerySet[LogCheck]:
    """Return the latest checks, the newest first."""
    return LogCheck.objects.order_by("-asked_at")[:SHOWN]


def found_by(check: LogCheck) -> Found | None:
    """Return what a check found; None where it has not ended, or its event is not there any more."""
    event = AuditEvent.objects.filter(pk=check.event, tag=Tag.LOG_CHECKED).first() if check.event else None
    if event is None or event.details.get("check") != check.pk:
        return None
    said = event.details
    return Found(
        said["events"],
        event.reason,
        said["number"],
        said["row"],
        said["until"],
        proven=is_proven(event),
    )


def is_awaited(check: LogCheck, found: Found | None) -> bool:
    """Whether a check that found nothing has ended just now, and the log is about to vouch for it."""
    if check.ended_at is None or found is None or found.kind or found.proven:
        return False
    return now() - check.ended_at < TAKEN_IN


def check_asked() -> None:
    """Do the check that was asked for in the tenant in scope; once, whoever else looks for it."""
    moment = now()
    mine = LogCheck.objects.filter(Q(touched_at=None) | Q(touched_at__lt=moment - GIVEN_UP), ended_at=None)
    check = mine.first()
    if check is None or not mine.filter(pk=check.pk).update(touched_at=moment, done=0):
        return

    def told(done: int, total: int) -> None:
        LogCheck.objects.filter(pk=check.pk).update(touched_at=now(), done=done, total=total)

    _end(check, verify_log(told=told))


def _end(check: LogCheck, verified: Verified) -> None:
    """Write down what was found, in the log itself, and end the check."""
    finding = verified.finding
    with transaction.atomic():
        event = record(
            Tag.LOG_CHECKED,
            reason="" if finding is None else finding.kind,
            check=check.pk,
            events=verified.events,
            number=0 if finding is None else finding.number,
            row=0 if finding is None else finding.event,
            until=0 if finding is None else finding.until,
        )
        LogCheck.objects.filter(pk=check.pk, ended_at=None).update(
            ended_at=now(), done=verified.events, total=verified.events, event=event.pk
        )
