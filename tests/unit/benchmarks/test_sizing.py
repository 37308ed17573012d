"""What so many sign-ins a second take, told from what one costs."""

import json

import numpy as np
import pytest

from benchmarks import sizing
from benchmarks.sizing import Costs, bearable, costs_of, latencies, least_workers, size

COSTS = Costs(
    web=0.06, worker=0.3, provider=0.005, database=0.04, queue=0.001,
    up=300e3, down=100e3, ahead=60e3, kept=5e3, memory=150 * 2**20,
)  # fmt: skip


def test_one_worker_that_is_never_busy_makes_nobody_wait() -> None:
    took = latencies(0.01, 0.3, 1)[:, 1]
    assert np.mean(took) == pytest.approx(0.3, abs=0.2)


def test_a_queue_is_as_long_as_theory_has_it() -> None:
    # Khinchin and Pollaczek: mean wait = rate E[S²] / 2 (1 - busy), one server, here half busy.
    rate, mean = 50.0, 0.01
    waited = np.mean(latencies(rate, mean, 1)[:, 1]) - mean
    told = rate * mean**2 * (1 + sizing.SPREAD**2) / (2 * (1 - rate * mean))
    assert waited == pytest.approx(told, rel=0.15)


def test_the_fewest_workers_are_enough_and_one_less_is_not() -> None:
    rate, mean = 2.0, 0.3
    fewest = least_workers(rate, mean)
    assert np.percentile(latencies(rate, mean, fewest)[:, 1], 95) <= sizing.VERDICT_S
    assert np.percentile(latencies(rate, mean, fewest - 1)[:, 1], 95) > sizing.VERDICT_S


def test_what_takes_longer_than_a_verdict_may_has_no_number() -> None:
    with pytest.raises(ValueError, match="longer"):
        least_workers(1.0, 0.9)


def test_an_outage_is_waited_for_and_passes() -> None:
    found = latencies(4.0, 0.3, 3, outage=True)
    during = found[(found[:, 0] > 60) & (found[:, 0] < 61), 1]
    assert during.max() > sizing.OUTAGE_S - 2
    assert sizing._recovered(latencies(4.0, 0.3, 3)) == 0
    assert 0 < sizing._recovered(found) < 120


def test_the_smallest_bound_says_how_many_installations() -> None:
    most, what = bearable(COSTS)
    assert (most, what) == (600.0, "Redis, one thread")
    found = size(1000.0, COSTS)
    assert (found.installations, found.each) == (2, 500.0)
    assert found.workers >= 500 * COSTS.worker


def test_the_costs_that_are_committed_say_all_that_is_asked() -> None:
    figures = json.loads(sizing.COSTS.read_text(encoding="utf-8"))
    assert costs_of({figure["name"]: figure["value"] for figure in figures}).worker > 0
