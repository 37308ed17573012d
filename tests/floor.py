"""How much of the code the tests run, lines and branches, and the floor under it that only rises.

    python -m tests.floor      after `pytest --cov`; part of `make test`

Traced are the tests that run the code in their own process; elsewhere the tracer costs time and sees little.
Of a test with many cases the first ones are traced: the others run the same lines for the most part.
The floor is `coverage_floor` in pyproject.toml. Below it the run fails; well above it this says to which
number the floor can rise. tests/arch/test_floor.py holds that it never sinks.
"""

import io
import math
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent
UNTRACED = ("attacks", "browser", "journeys")
TRACED_CASES = 2
_REPEATED = pytest.StashKey[bool]()
ROOM = 1.0
"""Percent between what was measured and a new floor: not every run takes every branch."""


def leave_out(item: pytest.Item) -> None:
    """Take the tracer off while a test of those rooms runs."""
    if any(item.path.is_relative_to(ROOT / "tests" / room) for room in UNTRACED):
        item.add_marker("no_cover")


def note_cases(items: list[pytest.Item]) -> None:
    """Note which items are further cases of a test that has been traced often enough."""
    seen: Counter[str] = Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        # Who has the marker is seen to by pytest-cov, which does not bear being asked twice.
        marked = item.get_closest_marker("no_cover") is not None
        item.stash[_REPEATED] = seen[test] >= TRACED_CASES and not marked
        seen[test] += 1


@contextmanager
def traced_if_new(item: pytest.Item) -> Iterator[None]:
    """Take the tracer off, where there is one, while a further case runs with all that it sets up."""
    controller = getattr(item.config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    if controller is None or not item.stash[_REPEATED]:
        yield
        return
    controller.pause()
    try:
        yield
    finally:
        controller.resume()


def floor() -> float:
    """Return the floor in percent."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return float(content["tool"]["visor"]["coverage_floor"])


def rise(measured: float, least: float) -> float | None:
    """Return the floor that this much allows, in whole percents, or None where that is not higher."""
    higher = float(math.floor(measured - ROOM))
    return higher if higher > least else None


def verdict(measured: float, least: float) -> tuple[bool, str]:
    """Return whether this much is enough, and what to say of it."""
    said = f"Coverage of lines and branches {measured:.1f} %, floor {least:g} %"
    if measured < least:
        return False, f"{said}: too little. Test what is new, or delete what nothing runs."
    higher = rise(measured, least)
    return True, said if higher is None else f"{said}: the floor can rise, to coverage_floor = {higher:g}"


def main() -> int:
    """Print the verdict on the last run. Returns the exit status: 1 where it was too little."""
    data = coverage.Coverage(config_file=ROOT / "pyproject.toml")
    data.load()
    measured = data.report(file=io.StringIO())
    enough, said = verdict(measured, floor())
    print(said)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
