"""A bound on samples that wait for a verdict: who would come too late is told before the camera (O04).

It is the tenant's own: the tenants take turns (turns.py), so that nobody waits for another's heap.
"""

from datetime import timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.keys.samples import still_held, worker_of
from authsvc.policy.services import pinned_region
from authsvc.seals.written import Given, Written
from authsvc.transactions.models import Capture, Transaction

OF_A_WORKER: Final = 40
"""Of one tenant at once, for each worker that is there: a worker has judged so many within a minute."""
OF_A_PERSON: Final = 2
"""Of one person at once, in whichever attempts: so of a link and of a device, which are theirs."""
COMING: Final = timedelta(seconds=30)
"""Who was asked so lately is still before the camera; later they have gone."""
LATE: Final = timedelta(seconds=15)
MOST_LATE: Final = 3
"""Where so many have waited for so long, the next would wait in vain."""
COME_BACK: Final = 5
"""Seconds."""


def is_crowded(row: Transaction) -> bool:
    """Whether a sample of this attempt would wait too long for its verdict."""
    moment, subject = now(), row.subject_id
    asked = {"transaction": row.pk, "coming": moment - COMING, "late": moment - LATE}
    if subject is None:
        everybody, late = _OF_NOBODY.values(**asked)[0]
    else:
        everybody, late, theirs = _OF_PEOPLE.values(**asked, subject=subject)[0]
        if theirs >= OF_A_PERSON:
            return True
    if late >= MOST_LATE:
        return True
    # Nobody asks how many workers there are while there is work for one alone.
    return bool(everybody >= OF_A_WORKER and everybody >= OF_A_WORKER * max(_workers(), 1))


_WAITING: Final = Q(state=Capture.State.SUBMITTED)
_COUNTED: Final = {
    "everybody": Count("pk"),
    "late": Count("pk", filter=_WAITING & Q(submitted_at__lte=Given("late"))),
}


def _others() -> QuerySet[Capture]:
    coming = Q(state=Capture.State.ISSUED, issued_at__gt=Given("coming"))
    return Capture.objects.exclude(transaction_id=Given("transaction")).filter(_WAITING | coming)


def _of_people() -> QuerySet[Capture, Any]:
    # Who signs in goes before samples of nobody (turns.py), and waits for none of them.
    theirs = Count("pk", filter=_WAITING & Q(transaction__subject_id=Given("subject")))
    others = _others().filter(transaction__subject__isnull=False)
    return others.values(whole=Value(1)).annotate(**_COUNTED, theirs=theirs).values_list(*_COUNTED, "theirs")


_OF_PEOPLE: Final = Written(_of_people)
_OF_NOBODY: Final = Written(
    lambda: _others().values(whole=Value(1)).annotate(**_COUNTED).values_list(*_COUNTED)
)


def require_room_in_the_queue(row: Transaction) -> None:
    """Refuse a challenge (503) whose answer would wait too long for its verdict."""
    if is_crowded(row):
        raise Refused(
            "crowded",
            _("Many people are signing in. Try again in a few seconds, or continue without your face."),
            detail="too many samples of this organisation, or of this person, wait for a verdict",
            status=503,
            retry_after=COME_BACK,
        )


def _workers() -> int:
    return len({worker_of(kid) for kid in still_held(region=pinned_region())})
