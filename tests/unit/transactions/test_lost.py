"""T10: a sample whose worker is gone goes to the other one, or the person is asked again at once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.core.clock import now
from authsvc.keys.holding import Holder
from authsvc.keys.models import WorkerKey
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import capturing, services
from authsvc.transactions.models import AttemptCounter, Capture, SealedSample, Transaction
from tests.factories import make_tenant, offer_sample_key
from tests.unit.transactions.flow import CHALLENGE, person, proven, verdict_on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_scope(make_tenant().id):
        yield


class Waiting:
    """A sign-in whose sample waits, sealed to two workers."""

    def __init__(self) -> None:
        self.workers = Holder(), Holder()
        self.kids = [offer_sample_key(worker) for worker in self.workers]
        _, device = person()
        self.row = proven(device)
        services.issue_capture(self.row, challenge=CHALLENGE, offered_to=self.kids)

    def upload(self) -> "Waiting":
        self.capture = services.accept_sample(self.row, b"sealed")
        self.row.refresh_from_db()
        return self

    def dies(self, *numbers: int) -> None:
        """Workers are not heard of any more."""
        for number in numbers:
            rows = WorkerKey.objects.filter(worker=self.workers[number].worker)
            rows.update(seen_at=now() - timedelta(seconds=5))

    def status(self) -> dict[str, Any]:
        services.look_after(self.row)
        self.row.refresh_from_db()
        return services.status_of(self.row)

    def judge(self) -> str:
        return Capture.objects.get(pk=self.capture.pk).judge


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


def counted() -> tuple[int, int]:
    counter = AttemptCounter.objects.get()
    return counter.failures, counter.in_flight


def test_t10_the_first_worker_that_is_there_gets_the_sample(waiting: Waiting) -> None:
    assert waiting.upload().judge() == waiting.kids[0]
    assert services.look_after(waiting.row) is None
    assert waiting.status() == {"state": "working"}


def test_t10_a_worker_that_died_before_the_upload_gets_nothing(waiting: Waiting) -> None:
    waiting.dies(0)
    assert waiting.upload().judge() == waiting.kids[1]


def test_t10_the_sample_goes_to_the_other_worker_once(waiting: Waiting) -> None:
    waiting.upload()
    waiting.dies(0)
    handed = services.look_after(waiting.row)
    assert handed is not None
    assert handed.pk == waiting.capture.pk
    assert waiting.judge() == waiting.kids[1]
    assert services.look_after(waiting.row) is None
    assert services.record_verdict(waiting.capture.pk, verdict_on(waiting.capture))


@pytest.mark.parametrize("before", [True, False], ids=["before the upload", "while it waits"])
def test_t10_where_nobody_is_left_the_person_is_asked_again_and_has_the_try_back(
    waiting: Waiting, *, before: bool
) -> None:
    if before:
        waiting.dies(0, 1)
    waiting.upload()
    assert counted() == (0, 1)
    waiting.dies(0, 1)
    assert waiting.status() == {"state": "again", "hint": "lost"}
    assert counted() == (0, 0)
    assert not SealedSample.objects.exists()
    assert Transaction.objects.get().state == Transaction.State.PROVEN
    (event,) = AuditEvent.objects.filter(tag="transaction:verdict:recorded")
    assert (event.reason, event.details["outcome"]) == ("sample-lost", "again")


def test_t10_a_verdict_that_comes_after_all_changes_nothing(waiting: Waiting) -> None:
    waiting.upload()
    waiting.dies(0, 1)
    waiting.status()
    assert not services.record_verdict(waiting.capture.pk, verdict_on(waiting.capture))
    assert counted() == (0, 0)


def test_t10_the_person_captures_again_in_the_same_attempt(waiting: Waiting) -> None:
    waiting.upload()
    waiting.dies(0, 1)
    waiting.status()
    waiting.kids = [offer_sample_key(Holder())]
    services.issue_capture(waiting.row, challenge=CHALLENGE, offered_to=waiting.kids)
    waiting.upload()
    assert waiting.status() == {"state": "working"}
    assert services.record_verdict(waiting.capture.pk, verdict_on(waiting.capture))


def test_t10_losing_samples_has_an_end(waiting: Waiting) -> None:
    """Nobody goes on for ever in one attempt, however often workers die."""
    for _ in range(10):
        waiting.upload()
        waiting.dies(0, 1)
        waiting.status()
        if waiting.row.face_closed:
            break
        waiting.kids = [offer_sample_key(worker) for worker in waiting.workers]
        services.issue_capture(waiting.row, challenge=CHALLENGE, offered_to=waiting.kids)
    assert waiting.row.face_closed
    assert counted() == (0, 0)


@pytest.mark.parametrize("dead", [(), (0, 1)], ids=["late", "dead"])
def test_o05_a_verdict_that_we_are_late_with_costs_no_try(waiting: Waiting, dead: tuple[int, ...]) -> None:
    waiting.upload()
    waiting.dies(*dead)
    Capture.objects.update(deadline=now())
    assert waiting.status() == {"state": "again", "hint": "lost"}
    assert counted() == (0, 0)
    assert not services.record_verdict(waiting.capture.pk, verdict_on(waiting.capture))


def test_o05_what_is_given_back_has_an_end(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends what cannot be judged in time gets no more tries by it than FORGIVEN a day."""
    monkeypatch.setattr(capturing, "FORGIVEN", 1)
    for expected in ({"state": "again", "hint": "lost"}, {"state": "refused", "may_retry": True}):
        waiting.upload()
        Capture.objects.filter(pk=waiting.capture.pk).update(deadline=now())
        assert waiting.status() == expected
        services.issue_capture(waiting.row, challenge=CHALLENGE, offered_to=waiting.kids)
    assert counted() == (1, 0)
    Capture.objects.update(issued_at=now() - timedelta(days=1, seconds=1))
    waiting.upload()
    Capture.objects.filter(pk=waiting.capture.pk).update(deadline=now())
    assert waiting.status() == {"state": "again", "hint": "lost"}


def test_t10_the_sweeper_finds_what_nobody_asks_for(waiting: Waiting) -> None:
    waiting.upload()
    assert services.orphaned_captures() == []
    waiting.dies(0)
    found = [(str(waiting.row.tenant_id), waiting.capture.pk)]
    assert services.orphaned_captures() == found
    assert services.hand_over(waiting.capture.pk)
    assert services.orphaned_captures() == []
    waiting.dies(1)
    assert services.orphaned_captures() == found
    assert not services.hand_over(waiting.capture.pk)
    assert services.orphaned_captures() == []
    assert waiting.status() == {"state": "again", "hint": "lost"}


def test_a_capture_of_the_release_before_waits_for_its_deadline() -> None:
    """Its worker says nothing of itself."""
    _, device = person()
    row = proven(device)
    services.issue_capture(row, challenge=CHALLENGE)
    services.accept_sample(row, b"sealed")
    row.refresh_from_db()
    assert services.look_after(row) is None
    assert services.orphaned_captures() == []
    assert services.status_of(row) == {"state": "working"}
