"""Two checkouts beside each other: a rate that falls and a time that grows are both worse."""

import pytest

from benchmarks.pairs import as_table, interval, worsening


def test_less_of_a_rate_and_more_of_a_time_are_worse() -> None:
    ours = {"rate": (50.0, "/s"), "time": (30.0, "ms"), "new": (1.0, "ms")}
    theirs = {"rate": (100.0, "/s"), "time": (20.0, "ms"), "gone": (1.0, "ms")}
    assert worsening(ours, theirs) == {"rate": 2.0, "time": 1.5}


def test_the_interval_holds_the_mean_and_grows_with_noise() -> None:
    calm, noisy = interval([1.10, 1.11, 1.12]), interval([0.8, 1.1, 1.5])
    assert calm[0] == pytest.approx(1.11, abs=0.001)
    assert calm[1] > 1.03
    assert noisy[1] < 1.0 < noisy[2]


def test_only_an_interval_wholly_beyond_the_bound_is_called_worse() -> None:
    table = as_table({"steady": (1.05, 0.99, 1.11), "slow": (1.2, 1.1, 1.3)})
    first, second, count = table.splitlines()
    assert (first.split()[0], first.endswith("WORSE")) == ("slow", True)
    assert (second.split()[0], second.endswith("WORSE")) == ("steady", False)
    assert count.startswith("2 rows, 1 worse")
