"""The floor under the branch coverage only rises."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.floor import floor, rise, verdict

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


def test_a_floor_leaves_room_below_what_was_measured() -> None:
    assert rise(85.5, 80) == 84
    assert rise(80.9, 80) is None
