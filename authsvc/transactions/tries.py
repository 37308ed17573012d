"""Consecutive failed face tries of a subject (S9.2-07), counted so that no race gets one more (S8.3-03).

A challenge is a try: nobody gets more of them than there are tries left, and one that is not answered has
failed (drawing.py). A try is reserved when its sample is accepted and settled with the verdict, so tries in
flight count as failures until they are known not to be. Only a proven device reaches this code: nobody else
can use up a person's tries (S8.3-04).
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import F
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.limits.limit import TooMany
from authsvc.limits.register import POOR_SAMPLES
from authsvc.seals.written import Given, Written
from authsvc.subjects.models import Subject
from authsvc.transactions.models import AttemptCounter
from authsvc.transactions.sql import reserve

MATCH_TRIES = 3
QUALITY_RETRIES = 10
"""Of one transaction; the others are a person's, over all of theirs."""
FREE_FAILURES = 5
FAILURES_UNTIL_DISABLED = 10
FIRST_WAIT = timedelta(seconds=30)


def wait_after(failures: int) -> timedelta:
    """Return how long a subject waits after so many failures in a row: none below 5, then 30 s, doubling."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    return FIRST_WAIT * int(2 ** (failures - FREE_FAILURES))


def check_not_locked(subject: Subject) -> None:
    """Raise Refused where the subject's face is locked or disabled now; reserves nothing."""
    counter = AttemptCounter.objects.filter(subject=subject).first()
    if counter is not None:
        refuse_if_closed(counter)


def begin_counting(subject: Subject) -> AttemptCounter:
    """Return the person's counter, made where there is none, locked until the database transaction ends."""
    counter = _COUNTER.row(subject=subject.pk)
    return counter or AttemptCounter.objects.select_for_update().get_or_create(subject=subject)[0]


_COUNTER: Final = Written(
    lambda: AttemptCounter.objects.select_for_update().filter(subject_id=Given("subject"))
)


def lock_counter(subject: Subject) -> None:
    """Lock the person's counter, where there is one, until the database transaction ends."""
    AttemptCounter.objects.select_for_update().filter(subject=subject).first()


def require_free_try(counter: AttemptCounter, *, waiting: int) -> None:
    """Refuse a challenge to a person without a try for it, beside so many that wait to be answered elsewhere.

    Below the fifth failure there are five in all; after it one at a time.
    """
    refuse_if_closed(counter)
    begun = counter.in_flight + waiting
    if begun and counter.failures + begun >= FREE_FAILURES:
        raise resting(FIRST_WAIT, detail="every try that is left has a challenge already")


def reserve_try(subject_id: UUID) -> None:
    """Reserve one try, atomically. Raises Refused where none is left now."""
    if _reserved(subject_id):
        return
    # Its first: whoever draws a challenge makes the counter, and not every capture comes of one.
    counter, _made = AttemptCounter.objects.get_or_create(subject_id=subject_id)
    if _reserved(subject_id):
        return
    refuse_if_closed(counter)
    raise resting(FIRST_WAIT, detail="every try that is left is in flight")


def _reserved(subject_id: UUID) -> bool:
    """Reserve one try by one statement; False where none is left, or nothing was counted yet."""
    return reserve(subject_id, free=FREE_FAILURES, moment=now())


def refuse_if_closed(counter: AttemptCounter) -> None:
    """Raise Refused where a person's face is locked or disabled, as their counter says."""
    if counter.disabled:
        raise Refused(
            "face-disabled",
            _("Signing in with your face is off after several tries. Continue without your face."),
            detail=f"{counter.failures} consecutive failures",
            status=423,
        )
    if counter.locked_until is not None and counter.locked_until > now():
        raise resting(counter.locked_until - now(), detail=f"{counter.failures} consecutive failures")


def resting(wait: timedelta, *, detail: str) -> Refused:
    """Return the refusal of somebody who has to wait so long before their face is asked for again."""
    seconds = max(1, round(wait.total_seconds()))
    return Refused(
        "locked",
        _("Please wait a little before you try your face again, or continue without it."),
        detail=detail,
        status=423,
        retry_after=seconds,
    )


def settle_success(subject_id: UUID) -> None:
    """Settle a reserved try that matched: the failures are forgotten."""
    AttemptCounter.objects.filter(subject=subject_id).update(
        failures=0, in_flight=_one_less(), locked_until=None
    )


def settle_poor(subject_id: UUID) -> None:
    """Give a reserved try back: the sample was too poor to be judged (S9.2-08).

    Beyond POOR_SAMPLES it counts as a failure: nobody gets more tries by sending poor samples on purpose.
    """
    try:
        POOR_SAMPLES.spend(str(subject_id))
    except TooMany:
        settle_failure(subject_id)
    else:
        settle_unjudged(subject_id)


def settle_unjudged(subject_id: UUID) -> None:
    """Give a reserved try back: nobody has judged the sample, through no fault of the person's."""
    AttemptCounter.objects.filter(subject=subject_id).update(in_flight=_one_less())


def settle_failure(subject_id: UUID) -> None:
    """Settle a reserved try that failed: wait from the fifth on, disable at the tenth."""
    counter = AttemptCounter.objects.select_for_update().get(subject=subject_id)
    counter.in_flight = max(0, counter.in_flight - 1)
    counter.save(update_fields=["in_flight"])
    _fail(counter)


def count_unanswered(subject: Subject) -> None:
    """Count a challenge that was not answered as a try that failed."""
    counter = AttemptCounter.objects.select_for_update().filter(subject=subject).first()
    if counter is not None:
        _fail(counter)


def _fail(counter: AttemptCounter) -> None:
    counter.failures += 1
    wait = wait_after(counter.failures)
    counter.locked_until = now() + wait if wait else None
    counter.disabled = counter.failures >= FAILURES_UNTIL_DISABLED
    counter.save(update_fields=["failures", "locked_until", "disabled"])
    if counter.disabled:
        record(Tag.FACE_DISABLED, subject=str(counter.subject_id), failures=counter.failures)
    elif wait:
        record(Tag.FACE_LOCKED, subject=str(counter.subject_id), failures=counter.failures)


def rebind_face(subject: Subject) -> None:
    """Forget every failure, after another factor bound the face anew."""
    AttemptCounter.objects.filter(subject=subject).update(failures=0, locked_until=None, disabled=False)
    record(Tag.FACE_REBOUND, subject=str(subject.id))


def _one_less() -> Combinable:
    return F("in_flight") - 1
