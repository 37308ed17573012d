"""One delivery: its call is made, sent, and its end noted. Only `send` runs outside the main thread."""

import logging
from dataclasses import dataclass
from time import monotonic

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction

from authsvc.branding.mails import message
from authsvc.core.fetch import FetchRefused, fetch
from authsvc.core.measures import DELIVERIES
from authsvc.delivery.kinds import Call, Errand, Letter, Outcome, kind_of
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import drop, note, take
from authsvc.tenancy.scope import tenant_scope

log = logging.getLogger(__name__)

# Seconds that one call may take.
LONGEST = 3.0
# What SMTP answers where a letter was taken (RFC 5321 section 4.2.3).
TAKEN = 250
_MAIL_TROUBLE = (OSError, ValueError)


@dataclass(frozen=True)
class Answer:
    """What came back: a status, None where there was none; what to say of it; and how long it took."""

    status: int | None
    said: str
    seconds: float


def make(delivery: Delivery) -> Call | Letter | Errand | None:
    """Return what is to be sent, None where there is nothing; one delivery's trouble is not the others'."""
    with tenant_scope(delivery.tenant_id):
        try:
            call = kind_of(delivery).make(delivery)
        except Exception:
            log.exception("delivery %s (%s) cannot be made", delivery.pk, delivery.kind)
            take(delivery)
            return None
        if call is None:
            drop(delivery)
        return call


def begin(delivery: Delivery) -> bool:
    """Take a delivery for this process; False where another one has it."""
    with tenant_scope(delivery.tenant_id):
        return take(delivery)


def send(call: Call | Letter | Errand) -> Answer:
    """Make the call, send the letter, or run the errand; ends in LONGEST and a little, whatever comes.

    An errand takes several calls, and ends when it says it does.
    """
    if isinstance(call, Errand):
        return _run(call)
    return _post(call) if isinstance(call, Letter) else _call(call)


def _run(errand: Errand) -> Answer:
    began = monotonic()
    try:
        status, said = errand.run()
    except Exception as problem:
        log.exception("an errand cannot be run")
        return Answer(None, f"it cannot be run: {type(problem).__name__}", monotonic() - began)
    return Answer(status, said, monotonic() - began)


def _post(letter: Letter) -> Answer:
    began = monotonic()
    try:
        connection = get_connection(timeout=LONGEST)
        message(letter.title, letter.text, letter.address, letter.dressed, connection).send()
    except _MAIL_TROUBLE as problem:
        # Its words may hold the mail.
        return Answer(None, f"no mail server took it: {type(problem).__name__}", monotonic() - began)
    return Answer(TAKEN, "the mail server took it", monotonic() - began)


def _call(call: Call) -> Answer:
    """Make the call. No redirect is followed, and the answer's body says nothing."""
    began = monotonic()
    try:
        answer = fetch(
            call.url,
            method=call.method,
            body=call.body,
            headers=call.headers,
            allow_loopback=settings.ALLOW_LOOPBACK_FETCH,
            seconds=LONGEST,
        )
    except FetchRefused as refused:
        return Answer(None, str(refused), monotonic() - began)
    return Answer(answer.status, f"it answered {answer.status}", monotonic() - began)


def conclude(delivery: Delivery, answer: Answer) -> bool:
    """Note how a try ended, and return whether the delivery arrived."""
    arrived = answer.status is not None and kind_of(delivery).arrived(answer.status)
    DELIVERIES.labels(delivery.kind, "arrived" if arrived else "failed").inc()
    try:
        with tenant_scope(delivery.tenant_id), transaction.atomic():
            note(delivery, Outcome(arrived, answer.said, answer.status))
    except Exception:
        # The next try comes all the same; one tenant's trouble must not keep the others waiting.
        log.exception("the end of delivery %s (%s) cannot be noted", delivery.pk, delivery.kind)
    return arrived
