"""A worker killed at any moment leaves one verdict, one counted try, and no sample."""

import contextlib
from collections.abc import Callable, Iterator

import pytest

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

    def refused(self, meanwhile: Callable[[str], None]) -> None:
        before = self._failures()
        phone = WatchedPhone(
            self._person, fault=Fault.WRONG_FACE, meanwhile=lambda txn: self._note(txn, meanwhile)
        )
        with pytest.raises(Denied) as denied:
            phone.sign_in(f"{self.stack.partner_url}/members")
        assert (denied.value.step, denied.value.code) == (10, "refused")
        assert self._failures() == before + 1

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
        ((capture,),) = self.sinks.rows(
            "SELECT id FROM transactions_capture WHERE transaction_id = %s", self.txn
        )
        return str(capture)

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


def test_killed_before_the_decision_a_second_worker_comes_to_the_verdict(
    attempt: Attempt, sinks: Sinks, stack: Stack, worker: Worker
) -> None:
    with contextlib.ExitStack() as later:

        def kill(txn: str) -> None:
            with judged_but_undecided(sinks, worker, txn):
                worker.kill()
            assert attempt.recorded("transaction:verdict:recorded") == []
            # Its message is lost or never acknowledged; the sweeper hands the capture out again.
            later.enter_context(working(stack))

        worker.stop()
        attempt.refused(kill)
        attempt.nothing_left()
    assert attempt.recorded("transaction:verdict:recorded") != ["deadline"]


def test_killed_after_the_decision_the_second_delivery_changes_nothing(
    attempt: Attempt, sinks: Sinks, stack: Stack, worker: Worker
) -> None:
    def kill(txn: str) -> None:
        with judged_but_undecided(sinks, worker, txn):
            # The pool goes on and decides; nobody is left to acknowledge the message.
            worker.stop(pool=False)
        sinks.await_row(DECIDED, txn)
        worker.kill()

    worker.stop()
    attempt.refused(kill)
    attempt.nothing_left()
    with working(stack) as second:
        stack.python(
            "from authsvc.capture.queueing import enqueue_verification\n"
            f"enqueue_verification(tenant_id=str(tenant.id), capture_id={attempt.capture()!r})"
        )
        second.await_word(f"capture {attempt.capture()} is decided already")
    attempt.nothing_left()


@pytest.mark.requirement("S7-04", "S6.4-04")
def test_killed_and_not_replaced_the_deadline_denies(attempt: Attempt, sinks: Sinks, worker: Worker) -> None:
    def kill(txn: str) -> None:
        with judged_but_undecided(sinks, worker, txn):
            worker.kill()
        sinks.rows(
            "UPDATE transactions_capture SET deadline = now() WHERE transaction_id = %s RETURNING 1", txn
        )
        # Nobody asks for the status meanwhile: the sweeper alone ends it.
        sinks.await_row(DECIDED, txn)

    worker.stop()
    attempt.refused(kill)
    attempt.nothing_left()
    assert attempt.recorded("transaction:verdict:recorded") == ["deadline"]
