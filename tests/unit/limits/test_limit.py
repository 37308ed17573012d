"""T05, T17: limits in every store: so many and no more in sliding windows; and what holds without a store."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from redis import Redis
from redis.exceptions import ConnectionError as RedisIsGone

from authsvc.core.errors import Refused
from authsvc.limits import limit as limits
from authsvc.limits.counting import MemoryCounters
from authsvc.limits.in_redis import RedisCounters
from authsvc.limits.limit import Limit, TooMany, forget_counts, give_back_all, spend_all
from authsvc.limits.models import Counter
from devtools.stack.services import redis
from tests.campaign import Size
from tests.sweeping import erased

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIVE = Limit("five", 5, MINUTE, by="key", of="tries")
THREE = Limit("three", 3, MINUTE, by="key", of="tries")
OPEN = Limit("open", 5, MINUTE, by="key", of="tries", without_store="bounded", guards=False)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(limits, "now", made)
    return made


@contextmanager
def counted_at(url: str) -> Iterator[str]:
    with override_settings(COUNTERS=url):
        forget_counts()
        yield url
        forget_counts()


@pytest.fixture
def redis_store() -> Iterator[str]:
    """The store as production has it, on the test run's own server."""
    with counted_at(os.environ["VISOR_TEST_REDIS_URL"]) as url:
        yield url


@pytest.fixture
def own_redis_store() -> Iterator[str]:
    """A server for one test, who may cut everybody's connections there: the run's has others at work."""
    with redis() as server:
        assert server
        with counted_at(server) as url:
            yield url


@pytest.fixture(
    params=[
        pytest.param("memory", id="memory"),
        pytest.param("database", id="database"),
        pytest.param("redis_store", id="redis", marks=pytest.mark.needs("redis")),
    ]
)
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each store in turn."""
    if request.param == "redis_store":
        yield str(request.getfixturevalue("redis_store"))
        return
    if request.param == "database":
        request.getfixturevalue("db")
    with override_settings(COUNTERS=request.param):
        yield request.param


def let_in(key: str = "a", tries: int = 20, limit: Limit = FIVE) -> int:
    """Try so often, and return how often it was let in."""
    done = 0
    for _ in range(tries):
        try:
            limit.spend(key)
        except TooMany:
            continue
        done += 1
    return done


@pytest.mark.usefixtures("store")
def test_so_many_are_let_in_and_no_more_for_each_key_alone(clock: Clock) -> None:
    assert let_in("a") == 5
    assert let_in("b") == 5
    assert let_in("a", limit=THREE) == 3


@pytest.mark.usefixtures("store")
def test_the_refusal_says_how_long_to_wait_and_no_more_is_needed(clock: Clock) -> None:
    clock.move(10)
    assert let_in() == 5
    with pytest.raises(TooMany) as refused:
        FIVE.spend("a")
    assert isinstance(refused.value, Refused)
    assert (refused.value.code, refused.value.status) == ("too-many", 429)
    clock.move(refused.value.retry_after - 1.5)
    assert let_in(tries=1) == 0
    clock.move(1.5)
    assert let_in(tries=1) == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("offset", [0, 29, 59.9])
def test_nobody_gets_twice_as_much_around_the_end_of_a_window(clock: Clock, offset: float) -> None:
    clock.move(offset)
    done = 0
    for _ in range(60):
        done += let_in(tries=3)
        clock.move(1)
    assert done <= 8
    clock.move(180)
    assert let_in() == 5


@pytest.mark.usefixtures("store")
def test_a_clock_that_is_behind_gets_nothing_more(clock: Clock) -> None:
    assert let_in() == 5
    clock.move(-59)
    assert let_in() == 0


@pytest.mark.usefixtures("store")
def test_a_clock_that_was_far_ahead_keeps_nobody_out_until_time_is_there(clock: Clock) -> None:
    clock.move(24 * 3600)
    assert let_in() == 5
    clock.move(-24 * 3600)
    assert let_in() == 0  # it counts as spent just now
    with pytest.raises(TooMany) as refused:
        FIVE.spend("a")
    clock.move(refused.value.retry_after)
    assert let_in(tries=1) == 1
    clock.move(180)
    assert let_in() == 5


@pytest.mark.usefixtures("store")
def test_what_was_refused_costs_nothing(clock: Clock) -> None:
    assert let_in(tries=100) == 5
    clock.move(120)
    assert let_in(tries=100) == 5


@pytest.mark.usefixtures("store")
def test_one_that_was_given_back_may_be_spent_again(clock: Clock) -> None:
    assert let_in() == 5
    FIVE.give_back("a")
    assert let_in() == 1
    clock.move(600)
    FIVE.give_back("a")
    assert let_in() == 5


@pytest.mark.usefixtures("store")
def test_of_several_limits_all_are_spent_or_none(clock: Clock) -> None:
    costs = ((FIVE, "a"), (THREE, "b"))
    for _ in range(3):
        spend_all(*costs)
    with pytest.raises(TooMany, match="three"):
        spend_all(*costs)
    assert let_in("a") == 2
    give_back_all(*costs)
    spend_all(*costs)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("memory", id="memory"),
        pytest.param("database", id="database", marks=pytest.mark.needs("postgresql")),
        pytest.param("redis", id="redis", marks=pytest.mark.needs("redis")),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_threads_at_once_get_no_more(clock: Clock, place: str, size: Size) -> None:
    tries = size("tries at once", sample=5, whole=50)

    def crowd(_: int) -> int:
        try:
            return let_in("crowd", tries=tries)
        finally:
            connection.close()

    named = os.environ.get("VISOR_TEST_REDIS_URL", "") if place == "redis" else place
    with override_settings(COUNTERS=named):
        forget_counts()
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(crowd, range(8))) == 5
        forget_counts()


@pytest.mark.django_db
def test_the_database_shows_no_key_and_the_sweeper_deletes_what_is_over() -> None:
    with override_settings(COUNTERS="database"):
        FIVE.spend("ada@example.org 203.0.113.9")
        row = Counter.objects.get()
        assert len(row.pk) == 64
        assert "ada" not in str(vars(row))
        erased()
        assert Counter.objects.filter(pk=row.pk).exists()
        erased(timedelta(days=1))
        assert not Counter.objects.filter(pk=row.pk).exists()


@pytest.mark.needs("redis")
def test_redis_shows_no_key_and_keeps_nothing_that_is_over(redis_store: str) -> None:
    FIVE.spend("ada@example.org 203.0.113.9")
    server = Redis.from_url(redis_store)
    (place,) = server.keys("{visor:limit}:*")
    assert "ada" not in repr([place, server.hgetall(place)])
    assert 0 < server.pttl(place) <= 2 * 60_000


@pytest.mark.needs("redis")
@pytest.mark.usefixtures("redis_store")
def test_t17_processes_count_together(clock: Clock) -> None:
    """Another connection to the same store, as another process has it, finds what was spent."""
    assert let_in("shared") == 5
    limits._store._counters.clear()
    assert let_in("shared") == 0


@pytest.mark.needs("redis")
def test_redis_that_was_begun_anew_is_asked_without_an_outage(own_redis_store: str) -> None:
    """It has cut the connection that was kept, or forgotten the script that it was sent."""
    server = Redis.from_url(own_redis_store)
    assert let_in(tries=2) == 2
    server.client_kill_filter(_type="normal", skipme=True)
    assert let_in(tries=1) == 1
    server.script_flush()
    assert let_in() == 2
    FIVE.give_back("a")
    assert let_in() == 1


@pytest.mark.needs("redis")
def test_a_process_that_was_forked_asks_by_a_connection_of_its_own(
    redis_store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = RedisCounters(redis_store)
    first, _ = counters._connection()
    assert counters._connection() == (first, True)
    monkeypatch.setattr("authsvc.limits.in_redis.getpid", lambda: -1)
    second, was_kept = counters._connection()
    assert second is not first
    assert not was_kept


def failing(trouble: Exception) -> Callable[..., Any]:
    def fails(*_: Any, **__: Any) -> None:
        raise trouble

    return fails


@pytest.fixture(params=[RedisIsGone("gone"), OSError("no route to host")], ids=["gone", "no-route"])
def outage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The store cannot be asked; yields how often it was tried."""
    asked: list[int] = []

    class Gone(MemoryCounters):
        def spend(self, *_: Any) -> None:
            asked.append(1)
            raise request.param

        give_back = spend  # type: ignore[assignment]

    monkeypatch.setattr(limits, "_opened", lambda _: Gone())
    forget_counts()
    yield asked
    forget_counts()


@pytest.mark.requirement("S9.4-14", "S9.4-08")
@pytest.mark.usefixtures("outage")
def test_without_the_store_nobody_guesses_and_no_face_is_tried(clock: Clock) -> None:
    assert let_in() == 0
    FIVE.give_back("a")
    with pytest.raises(TooMany) as refused:
        spend_all((OPEN, "a"), (FIVE, "a"))
    assert (refused.value.status, refused.value.retry_after) == (503, 10)


@pytest.mark.requirement("S9.4-08")
@pytest.mark.usefixtures("outage")
def test_without_the_store_a_passkey_goes_on_with_a_bound(clock: Clock) -> None:
    assert let_in(limit=OPEN) == 5
    assert let_in(limit=OPEN) == 0


def test_a_store_that_did_not_answer_is_left_alone_for_a_while(clock: Clock, outage: list[int]) -> None:
    let_in(limit=OPEN)
    assert len(outage) == 1


def test_a_flood_of_refusals_is_written_down_by_its_beginning(clock: Clock) -> None:
    said = []
    for _ in range(8):
        try:
            FIVE.spend("a")
        except TooMany as refused:
            said.append(refused.silent)
    assert said == [False, True, True]


def test_an_operators_number_goes_before_the_registers() -> None:
    with override_settings(LIMITS={"open": 2}):
        assert let_in(limit=OPEN) == 2
