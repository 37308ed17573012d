"""Which challenges a person gets to see: one a try, each counted, whether it was answered or not (T07).

Whoever could look at challenges for nothing would look until one comes to which they hold an answer.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction as database
from django.db.models import Count, Min, Q, QuerySet, Value

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.seals.words import is_word_of, word_of
from authsvc.seals.written import Given, Written
from authsvc.transactions import tries
from authsvc.transactions.models import AttemptCounter, Capture, Transaction
from authsvc.transactions.telling import told_of

COMPARING = (Transaction.Kind.AUTHENTICATE, Transaction.Kind.BIND, Transaction.Kind.RENEW)
"""Attempts that compare a face: what fails in them counts for the person, and not in them alone."""

LEFT_TO_ANSWER = timedelta(seconds=30)
"""With less time than this a challenge is not given out again: its answer would come late."""

UNANSWERED = "unanswered"
"""Why a capture ended that no sample was sent for."""

LOST = "lost"
"""The hint where nobody is left to open a sample: the person did nothing wrong."""

MOST_IN_A_WHILE = 20
WHILE = timedelta(hours=1)
"""So many challenges that led to nothing a person gets within this time, over all attempts.

Poor pictures cost no try (S9.2-08), and would otherwise be a way to see another challenge.
"""


_DRAWN: Final = "challenge"


def open_challenge(drawn: Iterable[Capture]) -> Capture | None:
    """Return, of a transaction's challenges, the one that waits and leaves time for its answer, or None."""
    # There is one at most: a release and a challenge take each other's place.
    soon = now() + LEFT_TO_ANSWER
    return next((each for each in drawn if is_waiting(each) and each.expires_at > soon), None)


def is_waiting(capture: Capture) -> bool:
    """Whether a challenge waits for its answer."""
    return capture.state == Capture.State.ISSUED


def count_overdue(row: Transaction) -> None:
    """Count a person's challenges that were not answered in time; of this transaction, those nearly over too.

    Of a session of liveness they are its own. It comes before another challenge is drawn, and stands where
    that is refused.
    """
    # Looked at without a lock, as there is nothing to count in nearly every sign-in.
    nobody = row.subject_id is None
    waiting = _OWN.rows(transaction=row.pk) if nobody else _THEIRS.rows(subject=row.subject_id)
    if any(_is_overdue(capture, row) for capture in waiting):
        _count_overdue(row)


_ISSUED: Final = Q(state=Capture.State.ISSUED)
_OWN: Final = Written(lambda: Capture.objects.filter(_ISSUED, transaction_id=Given("transaction")))
_THEIRS: Final = Written(lambda: Capture.objects.filter(_ISSUED, transaction__subject_id=Given("subject")))


@database.atomic
def _count_overdue(row: Transaction) -> None:
    current = Transaction.objects.select_for_update(no_key=True).get(pk=row.pk)
    for capture in _waiting(current):
        if _is_overdue(capture, current):
            _end(capture)


def _is_overdue(capture: Capture, row: Transaction) -> bool:
    leeway = LEFT_TO_ANSWER if capture.transaction_id == row.pk else timedelta(0)
    return capture.expires_at <= now() + leeway


def say_drawn(capture: Capture) -> None:
    """Give a capture the web's word that it drew this challenge for it; saves nothing."""
    capture.challenge_word = word_of("web", _DRAWN, *_drawn(capture))


def is_as_drawn(capture: Capture) -> bool:
    """Tell whether a capture's challenge is the one that the web drew, for exactly this capture."""
    word = capture.challenge_word
    return word is not None and is_word_of("web", bytes(word), _DRAWN, *_drawn(capture))


def _drawn(capture: Capture) -> tuple[Any, ...]:
    named = (str(capture.tenant_id), capture.pk, capture.transaction_id, capture.number)
    return (*named, capture.challenge)


def end_waiting(row: Transaction, *, only: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> None:
    """Count the challenge of a transaction in which nobody will answer it any more.

    `only` says of a challenge whether it is to end. Call it inside a database transaction.
    """
    waiting = Capture.objects.filter(transaction=row, state=Capture.State.ISSUED)
    for capture in waiting.select_related("transaction"):
        if only(capture.challenge):
            _end(capture)


def require_room(row: Transaction, counter: AttemptCounter) -> None:
    """Refuse a further challenge where every try that is left already has one (423), or after too many.

    The person's counter has been locked until the database transaction ends, so that no race gets one more
    (S8.3-03).
    """
    since = now() - WHILE
    waiting, in_vain, first = _ROOM.values(
        subject=counter.subject_id, transaction=row.pk, since=since, earliest=since - WHILE
    )[0]
    if row.kind in COMPARING:
        tries.require_free_try(counter, waiting=waiting)
    if in_vain >= MOST_IN_A_WHILE:
        raise tries.resting(first - since, detail=f"{MOST_IN_A_WHILE} challenges in {WHILE}")


def _room() -> QuerySet[Capture, Any]:
    elsewhere = Q(state=Capture.State.ISSUED, challenge__asks__isnull=True, transaction__kind__in=COMPARING)
    elsewhere &= ~Q(transaction_id=Given("transaction"))
    in_vain = Q(issued_at__gt=Given("since")) & ~Q(state=Capture.State.ACCEPTED) & ~Q(hint=LOST)
    # Of attempts of that time, by the index of a person's attempts, of which none lives for so long.
    theirs = Capture.objects.filter(
        transaction__subject_id=Given("subject"), transaction__created_at__gt=Given("earliest")
    )
    counted = {
        "waiting": Count("pk", filter=elsewhere),
        "in_vain": Count("pk", filter=in_vain),
        "first": Min("issued_at", filter=in_vain),
    }
    found = theirs.filter(elsewhere | in_vain).values(whole=Value(1)).annotate(**counted)
    return found.values_list(*counted)


_ROOM: Final = Written(_room)


def _waiting(row: Transaction) -> QuerySet[Capture]:
    """Return the unanswered challenges of a transaction's person; where nobody is known, its own alone."""
    nobody = row.subject_id is None
    whose = {"transaction": row} if nobody else {"transaction__subject": row.subject_id}
    return Capture.objects.filter(**whose, state=Capture.State.ISSUED).select_related("transaction")


def _end(capture: Capture) -> None:
    """End a challenge that was not answered; where a face would have been compared it is a failed try."""
    row = capture.transaction
    if row.subject is not None:
        tries.lock_counter(row.subject)  # before the capture, as whoever uploads a sample does
    changed = Capture.objects.filter(pk=capture.pk, state=Capture.State.ISSUED).update(
        state=Capture.State.EXPIRED, reason=UNANSWERED
    )
    if not changed:
        return
    record(Tag.CHALLENGE_UNANSWERED, **told_of(row), capture=capture.pk, number=capture.number)
    if row.kind in COMPARING and row.subject is not None and not capture.releases:
        tries.count_unanswered(row.subject)
