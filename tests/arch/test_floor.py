"""The floor under the branch coverage only rises."""

import re
import subprocess
from pathlib import Path
from typing import cast

import pytest

from tests.floor import floor, note_cases, rise, traced_if_new, verdict

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_no_lower_than_it_ever_was() -> None:
    command = ["git", "log", "-G", r"^coverage_floor = ", "-p", "--unified=0", "--", "pyproject.toml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git work tree")
    before = [
        float(number) for number in re.findall(r"^\+coverage_floor = ([\d.]+)", done.stdout, re.MULTILINE)
    ]
    assert floor() >= max(before, default=0)


@pytest.mark.parametrize(
    ("measured", "enough", "said"),
    [
        (79.9, False, "too little"),
        (80.0, True, "floor 80 %"),
        (81.9, True, "floor 80 %"),
        (82.0, True, "coverage_floor = 81"),
        (90.6, True, "coverage_floor = 89"),
    ],
)
def test_what_is_said_of_a_run(measured: float, enough: bool, said: str) -> None:
    found, text = verdict(measured, 80)
    assert found is enough
    assert said in text


def test_the_first_cases_of_a_test_are_traced_and_the_others_not() -> None:
    class Tracer:
        cov_controller: "Tracer"
        traces = True

        def getplugin(self, _name: str) -> "Tracer":
            return self

        def pause(self) -> None:
            self.traces = False

        def resume(self) -> None:
            self.traces = True

    class Item:
        def __init__(self, nodeid: str, tracer: Tracer) -> None:
            self.nodeid, self.stash = nodeid, pytest.Stash()
            self.config, self.pluginmanager = self, tracer

        def get_closest_marker(self, _name: str) -> None:
            return None

    tracer = Tracer()
    tracer.cov_controller = tracer
    names = ["a.py::test_a[1]", "a.py::test_b", "a.py::test_a[2]", "a.py::test_a[3]", "b.py::test_a[1]"]
    items = cast("list[pytest.Item]", [Item(name, tracer) for name in names])
    note_cases(items)
    traced = []
    for item in items:
        with traced_if_new(item):
            traced.append(tracer.traces)
        assert tracer.traces
    assert traced == [True, True, True, False, True]


def test_a_floor_leaves_room_below_what_was_measured() -> None:
    assert rise(85.5, 80) == 84
    assert rise(80.9, 80) is None
