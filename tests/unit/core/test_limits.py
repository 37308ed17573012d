"""T17, T03: counters that all processes share; what is too often is refused, and for how long."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.test import override_settings
from redis.exceptions import ConnectionError as RedisIsGone

from authsvc.core import limits
from authsvc.core.errors import Refused
from authsvc.core.limits import Limit, TooMany, give_back_all, spend_all

FIVE = Limit("five", 5, timedelta(minutes=1))
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


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


def test_so_many_are_let_in_and_no_more_for_each_key_alone(clock: Clock) -> None:
    assert let_in("a") == 5
    assert let_in("b") == 5
    assert let_in("a", limit=Limit("other", 3, timedelta(minutes=1))) == 3


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


@pytest.mark.parametrize("offset", [0, 1, 29, 59, 59.9])
def test_nobody_gets_twice_as_much_around_the_end_of_a_window(clock: Clock, offset: float) -> None:
    clock.move(offset)
    done = 0
    for _ in range(60):
        done += let_in(tries=3)
        clock.move(1)
    assert done <= 8
    clock.move(180)
    assert let_in() == 5


def test_what_was_refused_costs_nothing(clock: Clock) -> None:
    assert let_in(tries=500) == 5
    clock.move(120)
    assert let_in(tries=500) == 5


def test_one_that_was_given_back_may_be_spent_again(clock: Clock) -> None:
    assert let_in() == 5
    FIVE.give_back("a")
    assert let_in() == 1
    clock.move(600)
    FIVE.give_back("a")
    assert let_in() == 5


def test_of_several_limits_all_are_spent_or_none(clock: Clock) -> None:
    three = Limit("three", 3, timedelta(minutes=1))
    costs = ((FIVE, "a"), (three, "b"))
    for _ in range(3):
        spend_all(*costs)
    with pytest.raises(TooMany, match="three"):
        spend_all(*costs)
    assert let_in("a") == 2
    give_back_all(*costs)
    spend_all(*costs)


def test_threads_at_once_get_no_more(clock: Clock) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: let_in("crowd", tries=10), range(8))) == 5


def test_the_store_shows_no_key(clock: Clock) -> None:
    FIVE.spend("ada@example.org 203.0.113.9")
    kept = str(vars(cache)) + str(getattr(cache, "_cache", ""))
    assert "limit:five" in kept
    assert "ada" not in kept
    assert "203.0.113.9" not in kept


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("trouble", [RedisIsGone("gone"), OSError("no route to host")])
def test_without_the_store_nobody_is_let_in(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise trouble

    monkeypatch.setattr(cache, "get", fails)
    monkeypatch.setattr(cache, "decr", fails)
    assert let_in() == 0
    FIVE.give_back("a")


@pytest.fixture
def redis_cache() -> Iterator[None]:
    """The cache as production has it, on the test run's own server."""
    server = os.environ["VISOR_TEST_REDIS_URL"]
    store = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": server}}
    with override_settings(CACHES=store):
        yield


@pytest.mark.needs("redis")
@pytest.mark.usefixtures("redis_cache")
def test_t17_processes_count_together(clock: Clock) -> None:
    """Another connection to the same store, as another process has it, finds what was spent."""
    assert let_in("shared") == 5
    caches["default"].close()
    del caches["default"]
    assert let_in("shared") == 0
