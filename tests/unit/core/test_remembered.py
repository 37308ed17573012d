"""What is remembered is there until its time is over, its room is needed, or it is forgotten."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import OperationalError

from authsvc.core import remembered
from authsvc.core.remembered import Remembered, forget_everything

Wait = Callable[[float], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """A clock that stands still until it is told how many seconds go by."""
    moment = [1000.0]
    monkeypatch.setattr(remembered, "monotonic", lambda: moment[0])

    def pass_by(seconds: float) -> None:
        moment[0] += seconds

    return pass_by


def test_a_value_is_made_once_while_it_is_remembered(wait: Wait) -> None:
    known: Remembered[str, object] = Remembered(seconds=10)
    first = known.get_or_make("key", object)
    wait(9.9)
    assert known.get_or_make("key", object) is first
    wait(0.1)
    assert known.get("key") is None
    assert known.get_or_make("key", object) is not first


def test_one_value_may_live_shorter_than_the_others(wait: Wait) -> None:
    known: Remembered[str, int] = Remembered(seconds=300)
    known.keep("good", 1)
    known.keep("bad", 2, seconds=5)
    wait(5)
    assert (known.get("good"), known.get("bad")) == (1, None)


def test_what_is_kept_again_lives_anew(wait: Wait) -> None:
    known: Remembered[str, int] = Remembered(seconds=10)
    known.keep("key", 1)
    wait(9)
    known.keep("key", 2)
    wait(9)
    assert known.get("key") == 2


def test_the_oldest_leaves_where_there_is_no_room() -> None:
    known: Remembered[int, int] = Remembered(seconds=10, capacity=2)
    for number in (1, 2, 3):
        known.keep(number, number)
    assert [known.get(number) for number in (1, 2, 3)] == [None, 2, 3]


def test_what_cannot_be_made_is_not_remembered() -> None:
    known: Remembered[str, int] = Remembered(seconds=10)

    def fail() -> int:
        raise KeyError("no such row")

    with pytest.raises(KeyError, match="no such row"):
        known.get_or_make("key", fail)
    assert known.get("key") is None


def test_forgetting_one_some_and_all() -> None:
    known: Remembered[int, str] = Remembered(seconds=10)
    for number in range(4):
        known.keep(number, "even" if number % 2 == 0 else "odd")
    known.forget(0)
    known.forget(99)
    assert (known.get(0), known.get(1)) == (None, "odd")
    known.forget_where(lambda key, value: key > 1 and value == "odd")
    assert [known.get(number) for number in range(4)] == [None, "odd", "even", None]
    known.forget_all()
    assert known.get(1) is None


def test_one_reset_reaches_every_one_of_them() -> None:
    some: Remembered[str, int] = Remembered(seconds=10)
    other: Remembered[str, int] = Remembered(seconds=10)
    some.keep("key", 1)
    other.keep("key", 2)
    forget_everything()
    assert (some.get("key"), other.get("key")) == (None, None)


def test_threads_share_one() -> None:
    known: Remembered[int, int] = Remembered(seconds=10, capacity=50)
    wrong: list[object] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 3000):
                key = number % 80
                found = known.get_or_make(key, lambda key=key: key * 2)  # type: ignore[misc]
                if found != key * 2:
                    wrong.append((key, found))
                if number % 7 == 0:
                    known.forget_where(lambda key, _value: key % 3 == 0)
        except Exception as problem:  # noqa: BLE001
            wrong.append(problem)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_no_other_memory_with_a_clock_is_written_by_hand() -> None:
    """A life in seconds is counted in one place; what else asks the monotonic clock measures something."""
    asking = _modules_that_ask_the_clock()
    assert asking == {
        "authsvc/core/remembered.py",
        "authsvc/core/fetch.py",  # a deadline
        "authsvc/management/health.py",  # how long a part takes to answer
        "config/strangers.py",  # when refusals were, and until when anybody is slowed down
        "authsvc/biometrics/decoder/confinement.py",  # deadlines
        "authsvc/keys/service/locking.py",  # how long a lock is waited for
        "authsvc/keys/service/transit.py",  # a deadline
        "config/reloading.py",  # when a file is looked at again
        "authsvc/delivery/calling.py",  # deadlines
        "authsvc/delivery/sender.py",  # budgets of time
        "authsvc/oidc/bench/driver.py",  # a deadline
        "authsvc/management/importing.py",  # when a turn ends
        "authsvc/oidc/proofs/remote_keys.py",  # when an address may be called again
        "authsvc/limits/limit.py",  # when the counters may be asked again
        "config/postgresql/base.py",  # when the database may be asked again
        "config/connection.py",  # deadlines of connections
        "config/serving.py",  # the same
        "config/health.py",  # for how long an answer counts
        "authsvc/heartbeats/beats.py",  # when it is written again
        "authsvc/vault/stores/objects.py",  # a deadline
    }


def _modules_that_ask_the_clock() -> set[str]:
    root = Path(__file__).resolve().parents[3]
    return {
        str(path.relative_to(root))
        for folder in ("authsvc", "portal", "config")
        for path in (root / folder).rglob("*.py")
        if "monotonic()" in path.read_text()
    }


def test_what_outlasts_stays_while_the_database_is_away(wait: Wait) -> None:
    kept: Remembered[str, int] = Remembered(seconds=10, outlasts=60)
    short: Remembered[str, int] = Remembered(seconds=10)
    asked: list[int] = []

    def away() -> int:
        asked.append(1)
        raise OperationalError

    with pytest.raises(OperationalError):
        kept.get_or_make("a", away)
    for memory in (kept, short):
        memory.keep("a", 1)
    wait(11)
    assert kept.get_or_make("a", away) == kept.get_or_make("a", away) == 1
    assert len(asked) == 2  # once before there was any, once now; then it is left alone for a moment
    with pytest.raises(OperationalError):
        short.get_or_make("a", away)
    wait(3)
    assert kept.get_or_make("a", lambda: 2) == 2
    wait(71)
    with pytest.raises(OperationalError):
        kept.get_or_make("a", away)
