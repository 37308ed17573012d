"""A worker killed at any moment leaves one verdict or one request to capture again, and no sample."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from authsvc.keys.samples import SILENT
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person
from devtools.stack.stack import Stack
from tests.attacks.conftest import PERSON
from tests.attacks.phone import WatchedPhone
from tests.attacks.sinks import Sinks
from tests.attacks.worker import Worker, working

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos"),
    pytest.mark.requirement("S6.2-02", "S9.2-07", "S9.2-14"),
    pytest.mark.usefixtures("fresh_counter"),
]
DECIDED = "SELECT 1 FROM transactions_capture WHERE transaction_id = %s AND decided_at IS NOT NULL"
COUNTED = """SELECT failures, in_flight FROM transactions_attemptcounter counter
JOIN subjects_subject person ON person.id = counter.subject_id WHERE person.name = %s"""


class Attempt:
    """A wrong face before the right phone, and what a test does between upload and verdict."""

    def __init__(self, stack: Stack, sinks: Sinks, person: Person) -> None:
        self.stack, self.sinks, self._person = stack, sinks, person
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
            fault=Fault.WRONG_FACE,
            beforehand=hold,
            meanwhile=lambda txn: self._note(txn, meanwhile),
        )
        with pytest.raises(Denied) as denied:
            phone.sign_in(f"{self.stack.partner_url}/members")
        assert denied.value.step == 10
        return denied.value.code

    def _note(self, txn: str, meanwhile: Callable[[str], None]) -> None:
        self.txn = txn
        meanwhile(txn)

    def _failures(self) -> int:
        counted = self.sinks.rows(COUNTED, PERSON)
        assert all(in_flight == 0 for _, in_flight in counted)
        return sum(failures for failures, _ in counted)

    def recorded(self, tag: str) -> list[str]:
        """Return the reasons of this attempt's audit rows of a tag."""
        query = "SELECT reason FROM audit_auditevent WHERE transaction = %s AND tag = %s"
        return [reason for (reason,) in self.sinks.rows(query, self.txn, tag)]

    def capture(self) -> str:
        return self._of_capture("id")

    def judge(self, *workers: Worker) -> Worker:
        """Return the worker that has the sample."""
        (found,) = (each for each in workers if self._of_capture("judge").startswith(f"{each.id}."))
        return found

    def _of_capture(self, column: str) -> str:
        query = f"SELECT {column} FROM transactions_capture WHERE transaction_id = %s"  # noqa: S608 - our own
        ((value,),) = self.sinks.rows(query, self.txn)
        return str(value)

    def nothing_left(self) -> None:
        """One verdict, the sample erased once, and none anywhere."""
        assert len(self.recorded("transaction:verdict:recorded")) == 1
        assert len(self.recorded("transaction:sample:erased")) == 1
        assert self.sinks.rows("SELECT 1 FROM transactions_sealedsample") == []


@pytest.fixture
def attempt(person: Person, stack: Stack, sinks: Sinks) -> Attempt:
    return Attempt(stack, sinks, person)


@contextlib.contextmanager
def judged_but_undecided(sinks: Sinks, worker: Worker, txn: str) -> Iterator[None]:
    """Let a stopped worker judge the sample; it cannot record its verdict while the block runs."""
    with sinks.held(txn):
        worker.go_on()
        sinks.await_blocked()
        yield


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


@pytest.mark.requirement("S7-04", "S6.4-04")
def test_a_worker_that_never_ends_meets_the_deadline(attempt: Attempt, sinks: Sinks, worker: Worker) -> None:
    def wait(txn: str) -> None:
        sinks.rows(
            "UPDATE transactions_capture SET deadline = now() WHERE transaction_id = %s RETURNING 1", txn
        )
        # Nobody asks for the status meanwhile: the sweeper alone ends it.
        sinks.await_row(DECIDED, txn)

    attempt.refused([worker], wait)
    attempt.nothing_left()
    assert attempt.recorded("transaction:verdict:recorded") == ["deadline"]
