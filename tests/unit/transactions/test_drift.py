"""How often a person was recognised of late, since the newest moment of their reference (S5.2-05)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.drift import LATEST, Recognised, recognised
from authsvc.transactions.models import Capture, Transaction
from tests.factories import make_tenant
from tests.unit.transactions.flow import person, proven

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S5.2-05")]
State, Kind = Capture.State, Transaction.Kind


@pytest.fixture
def who() -> Iterator[tuple[Subject, Device]]:
    with tenant_scope(make_tenant().id):
        yield person()


def compared(
    device: Device, state: str, reason: str = "", *, ago: int = 0, kind: str = Kind.AUTHENTICATE
) -> None:
    """A capture that ended so, `ago` hours ago."""
    row = proven(device)
    Transaction.objects.filter(pk=row.pk).update(kind=kind)
    moment = now() - timedelta(hours=ago)
    times = {"issued_at": moment, "expires_at": moment, "decided_at": moment}
    Capture.objects.create(transaction_id=row.pk, number=1, challenge={}, state=state, reason=reason, **times)


def told(subject: Subject, since: datetime) -> Recognised:
    """How often the person was recognised since then, as a statement about something else asks."""
    columns = recognised(subject, since=since)
    found: Any = Subject.objects.filter(pk=subject.pk).values(**columns).get()
    return Recognised(found["matched"], found["compared"])


def test_matches_and_non_matches_of_this_person_are_counted_and_nothing_else(
    who: tuple[Subject, Device],
) -> None:
    subject, device = who
    for _ in range(3):
        compared(device, State.ACCEPTED)
    compared(device, State.REFUSED, "non-match")
    compared(device, State.REFUSED, "attack")
    compared(device, State.AGAIN, "quality")
    compared(device, State.EXPIRED, "deadline")
    compared(device, State.ACCEPTED, kind=Kind.ENROL)
    compared(person()[1], State.ACCEPTED)
    compared(device, State.REFUSED, "non-match", ago=3)
    assert told(subject, now() - timedelta(hours=2)) == Recognised(3, 4)
    assert told(subject, now() - timedelta(hours=4)) == Recognised(3, 5)
    assert told(subject, now()) == Recognised(0, 0)


def test_only_the_latest_count(who: tuple[Subject, Device]) -> None:
    subject, device = who
    compared(device, State.REFUSED, "non-match", ago=2)
    for _ in range(LATEST):
        compared(device, State.ACCEPTED, ago=1)
    assert told(subject, now() - timedelta(days=1)) == Recognised(LATEST, LATEST)
