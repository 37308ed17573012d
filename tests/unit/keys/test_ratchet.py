"""The pairs of a ratchet: the same in every process of a worker, and never those that are forgotten."""

import copy
import os

import pytest

from authsvc.keys.ratchet import PERIOD, Ratchet


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def number(ratchet: Ratchet, period: int) -> object:
    return ratchet.pair(period).as_dict(private=True)["d"]


def test_a_pair_lasts_for_its_period_and_the_next_and_then_is_gone(clock: Clock) -> None:
    ratchet = Ratchet(clock=clock)
    first = number(ratchet, 0)
    assert ratchet.periods() == (0,)
    clock.seconds += PERIOD
    assert ratchet.periods() == (0, 1)
    assert number(ratchet, 0) == first != number(ratchet, 1)
    clock.seconds += PERIOD
    assert ratchet.periods() == (1, 2)
    with pytest.raises(KeyError):
        ratchet.pair(0)


def test_processes_that_parted_make_the_same_pairs(clock: Clock) -> None:
    """Whichever of them has been asleep, and for however long."""
    parent = Ratchet(clock=clock)
    child = copy.copy(parent)
    clock.seconds += 7 * PERIOD + 1
    parent.periods()
    clock.seconds += 2 * PERIOD
    assert number(parent, 9) == number(child, 9)
    assert number(parent, 8) == number(child, 8)


def test_a_process_of_the_pool_opens_what_was_sealed_to_its_worker() -> None:
    ratchet = Ratchet()
    mine = str(number(ratchet, 0)).encode()
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, str(number(ratchet, 0)).encode())
        os._exit(0)
    os.wait()
    assert os.read(reading, 100) == mine


def test_what_is_kept_makes_no_pair_that_was_forgotten(clock: Clock) -> None:
    """From the seed that is left, only later ones follow."""
    ratchet = Ratchet(clock=clock)
    forgotten = ratchet._oldest.seed
    clock.seconds += 5 * PERIOD
    ratchet.periods()
    kept = ratchet._oldest
    assert kept.period == 4
    assert forgotten not in {kept.at(period).seed for period in range(4, 50)}


def test_no_two_workers_make_the_same_pair(clock: Clock) -> None:
    assert len({number(Ratchet(clock=clock), 0) for _ in range(20)}) == 20


def test_every_pair_is_one_of_the_curve(clock: Clock) -> None:
    for _ in range(50):
        made = Ratchet(clock=clock).pair(0)
        made.check_use("enc")
        assert made.as_dict(private=False)["crv"] == "P-256"
