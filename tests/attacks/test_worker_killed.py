"""A worker killed at any moment leaves one verdict or one request to capture again, and no sample."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from authsvc.core.application_models import application_model
from authsvc.keys.samples import SILENT
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person
from devtools.rendering import photographs
from devtools.stack.stack import Stack
from tests import models
from tests.attacks.conftest import People
from tests.attacks.opening import bundles_of
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks
from tests.attacks.worker import Worker, working
from tests.product import presence_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.requirement("S6.2-02", "S9.2-07", "S9.2-14"),
    pytest.mark.usefixtures("fresh_counter"),
]
# Without the releases before a sample, by which a reference is sent to a phone that compares.
DECIDED = """SELECT 1 FROM transactions_capture
WHERE transaction_id = %s AND decided_at IS NOT NULL AND reason <> 'released'"""
COUNTED = """SELECT failures, in_flight FROM transactions_attemptcounter counter
JOIN subjects_subject person ON person.id = counter.subject_id WHERE person.name = %s"""


class Attempt:
    """A wrong face before the right phone, and what a test does between upload and verdict.

    Where nobody is compared any face is right, and two of them in turn are not: shown to a site that asks
    for a living person.
    """

    def __init__(self, stack: Stack, sinks: Sinks, name: str, person: Person, *, compares: bool) -> None:
        self.stack, self.sinks, self._name, self._person = stack, sinks, name, person
        self._fault = Fault.WRONG_FACE if compares else Fault.SWAPPED_FACE
        self._start = f"{stack.partner_url}/members" if compares else presence_of(stack)
        self.txn = ""

    def refused(self, workers: Sequence[Worker], meanwhile: Callable[[str], None]) -> None:
        """Come to a refusal, which counts."""
        before = self._failures()
        assert self._denied(workers, meanwhile) == "refused"
        assert self._failures() == before + 1

    def lost(self, workers: Sequence[Worker], meanwhile: Callable[[str], None]) -> None:
        """Be asked to capture again, which does not count."""
        before = self._failures()
        assert self._denied(workers, meanwhile) == "again lost"
        assert self._failures() == before

    def _denied(self, workers: Sequence[Worker], meanwhile: Callable[[str], None]) -> str:
        """Make the attempt with the workers' pools held from the upload on; return how it ended."""

        def hold(*_: object) -> None:
            for worker in workers:
                worker.hold_pool()

        phone = WatchedPhone(
            self._person,
            fault=self._fault,
            beforehand=hold,
            meanwhile=lambda txn: self._note(txn, meanwhile),
        )
        with pytest.raises(Denied) as denied:
            phone.sign_in(self._start)
        assert denied.value.step == 10
        return denied.value.code

    def _note(self, txn: str, meanwhile: Callable[[str], None]) -> None:
        self.txn = txn
        meanwhile(txn)

    def _failures(self) -> int:
        counted = self.sinks.rows(COUNTED, self._name)
        assert all(in_flight == 0 for _, in_flight in counted)
        return sum(failures for failures, _ in counted)

    def recorded(self, tag: str) -> list[str]:
        """Return the reasons of this attempt's audit rows of a tag."""
        query = "SELECT reason, details FROM audit_auditevent WHERE transaction = %s AND tag = %s"
        sample = self.capture()
        return [
            reason
            for reason, details in self.sinks.rows(query, self.txn, tag)
            if details.get("capture") == sample
        ]

    def capture(self) -> str:
        return self._of_capture("id")

    def judge(self, *workers: Worker) -> Worker:
        """Return the worker that has the sample."""
        (found,) = (each for each in workers if self._of_capture("judge").startswith(f"{each.id}."))
        return found

    def _of_capture(self, column: str) -> str:
        of_a_sample = "transaction_id = %s AND reason <> 'released'"
        query = f"SELECT {column} FROM transactions_capture WHERE {of_a_sample}"  # noqa: S608 - our own
        ((value,),) = self.sinks.rows(query, self.txn)
        return str(value)

    def nothing_left(self) -> None:
        """One verdict, the sample erased once, and none anywhere."""
        assert len(self.recorded("transaction:verdict:recorded")) == 1
        assert len(self.recorded("transaction:sample:erased")) == 1
        assert self.sinks.rows("SELECT 1 FROM transactions_sealedsample") == []


@pytest.fixture
def attempt(people: People, stack: Stack, sinks: Sinks, letter: str) -> Attempt:
    row = application_model(letter)
    assert row is not None
    return Attempt(stack, sinks, *people(letter), compares=row.compares)


@contextlib.contextmanager
def judged_but_undecided(sinks: Sinks, worker: Worker, txn: str) -> Iterator[None]:
    """Let a stopped worker judge the sample; it cannot record its verdict while the block runs."""
    with sinks.held(txn):
        worker.go_on()
        sinks.await_blocked()
        yield


@pytest.mark.modes("kill")
@pytest.mark.parametrize("letter", models.by_turns(2, models.EVERY))
def test_t10_killed_before_the_decision_the_other_worker_comes_to_the_verdict(
    attempt: Attempt, sinks: Sinks, stack: Stack, worker: Worker
) -> None:
    with working(stack) as second:

        def kill(txn: str) -> None:
            judging = attempt.judge(worker, second)
            (other,) = {worker, second} - {judging}
            with judged_but_undecided(sinks, judging, txn):
                judging.kill()
            assert attempt.recorded("transaction:verdict:recorded") == []
            other.go_on()

        attempt.refused([worker, second], kill)
        attempt.nothing_left()
    assert attempt.recorded("transaction:verdict:recorded") not in (["deadline"], ["sample-lost"])


@pytest.mark.modes("kill")
@pytest.mark.parametrize("letter", models.by_turns(1, models.EVERY))
def test_killed_after_the_decision_the_second_delivery_changes_nothing(
    attempt: Attempt, sinks: Sinks, stack: Stack, worker: Worker
) -> None:
    def kill(txn: str) -> None:
        with judged_but_undecided(sinks, worker, txn):
            # The pool goes on and decides; nobody is left to acknowledge the message.
            worker.stop_main()
        sinks.await_row(DECIDED, txn)
        worker.kill()

    attempt.refused([worker], kill)
    attempt.nothing_left()
    with working(stack) as second:
        stack.python(
            "from celery import current_app\n"
            "from authsvc.capture.queueing import VERIFY\n"
            f"current_app.send_task(VERIFY, args=[str(tenant.id), {attempt.capture()!r}], ignore_result=True)"
        )
        second.await_word(f"capture {attempt.capture()} is decided already")
    attempt.nothing_left()


@pytest.mark.requirement("S6.4-04")
@pytest.mark.modes("kill")
@pytest.mark.parametrize("letter", models.by_turns(0, models.EVERY))
def test_t10_killed_and_not_replaced_the_person_is_asked_again_at_once(
    attempt: Attempt, sinks: Sinks, worker: Worker
) -> None:
    def kill(txn: str) -> None:
        with judged_but_undecided(sinks, worker, txn):
            worker.kill()

        killed.append(time.monotonic())

    killed: list[float] = []
    attempt.lost([worker], kill)
    assert time.monotonic() - killed[0] < SILENT.total_seconds() + 2
    attempt.nothing_left()
    assert attempt.recorded("transaction:verdict:recorded") == ["sample-lost"]


@pytest.mark.whole
@pytest.mark.modes("kill")
@pytest.mark.parametrize("letter", models.by_turns(3, models.EVERY))
def test_t10_both_workers_killed_the_sweeper_finds_out_where_nobody_asks(
    attempt: Attempt, sinks: Sinks, stack: Stack, worker: Worker
) -> None:
    with working(stack) as second:

        def kill(txn: str) -> None:
            worker.kill()
            second.kill()
            sinks.await_row(DECIDED, txn)

        attempt.lost([worker, second], kill)
    attempt.nothing_left()


@pytest.mark.whole
@pytest.mark.requirement("S7-04", "S6.4-04")
@pytest.mark.modes("kill")
@pytest.mark.parametrize("letter", models.by_turns(4, models.EVERY))
def test_a_worker_that_never_ends_meets_the_deadline(attempt: Attempt, sinks: Sinks, worker: Worker) -> None:
    def wait(txn: str) -> None:
        sinks.rows(
            "UPDATE transactions_capture SET deadline = now() WHERE transaction_id = %s RETURNING 1", txn
        )
        # Nobody asks for the status meanwhile: the sweeper alone ends it.
        sinks.await_row(DECIDED, txn)

    attempt.lost([worker], wait)
    attempt.nothing_left()
    assert attempt.recorded("transaction:verdict:recorded") == ["deadline"]


COUNTS = """SELECT (SELECT count(*) FROM vault_reference), (SELECT count(*) FROM vault_devicewrap),
(SELECT count(*) FROM vault_bundle), (SELECT count(*) FROM transactions_outgoing)"""


@pytest.mark.whole
@pytest.mark.modes("kill")
@pytest.mark.requirement("S6.3-01")
@pytest.mark.parametrize("letter", models.by_turns(2))
def test_an_enrolment_whose_worker_is_killed_keeps_nothing_here_or_on_the_phone(
    stack: Stack, sinks: Sinks, worker: Worker, photos: Path, letter: str
) -> None:
    before, looks = sinks.rows(COUNTS), photographs.read(photos / "obama" / "01.jpg")

    def kill(txn: str) -> None:
        with judged_but_undecided(sinks, worker, txn):
            worker.kill()

    phone = WatchedPhone(Person(looks), tries=1, beforehand=lambda *_: worker.hold_pool(), meanwhile=kill)
    with models.keeping(stack, letter), pytest.raises(Denied) as denied:
        phone.enrol(stack.new_link(f"Enrols while a worker is killed, by {letter}"))
    assert denied.value.code == "again lost"
    assert sinks.rows(COUNTS) == before
    assert bundles_of(phone.person) == []
