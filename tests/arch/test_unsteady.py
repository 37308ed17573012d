"""What becomes of a test that failed beside others, and what is shown of it (docs/adr/0539)."""

from collections.abc import Sequence

import pytest

from tests.unsteady import ALONE, MOST, judged
from tests.warned import LINES, WIDTH, warnings

WAITS = "tests/attacks/test_canary.py::test_a[some case]"


class Runs:
    """Runs of pytest that end as they are told."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.said: list[list[str]] = []

    def __call__(self, arguments: Sequence[str]) -> int:
        self.said.append(list(arguments))
        return self.codes.pop(0)


@pytest.mark.parametrize(("second", "outcome"), [(0, "passed alone"), (1, "failed again")])
def test_one_that_waits_for_processes_is_judged_alone_and_named(
    second: int, outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = Runs(1, second)
    assert judged(["-n", "3"], run=runs, last_failed=lambda: [WAITS]) == second
    assert runs.said == [["--cache-clear", "-n", "3"], [*ALONE, WAITS]]
    assert f"Unsteady: {WAITS} failed beside others, {outcome}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "failed",
    [
        pytest.param(["tests/unit/core/test_ids.py::test_a"], id="of no product"),
        pytest.param([WAITS, "tests/provider/test_tracing.py::test_a"], id="one of no product"),
        pytest.param([f"{WAITS}{number}" for number in range(MOST + 1)], id="many"),
        pytest.param([], id="none known"),
    ],
)
def test_others_fail_at_once(failed: list[str]) -> None:
    runs = Runs(1)
    assert judged([], run=runs, last_failed=lambda: failed) == 1
    assert len(runs.said) == 1


@pytest.mark.parametrize("code", [0, 2, 3, 4, 5, -9])
def test_a_run_that_passed_or_was_ended_stands(code: int) -> None:
    runs = Runs(code)
    assert judged([], run=runs, last_failed=lambda: [WAITS]) == code
    assert len(runs.said) == 1


def test_the_last_warnings_are_shown_and_cut() -> None:
    silent = ["a line of no matter", "ERROR Service Unavailable: /readyz"]
    lines = silent + [f"ERROR {number} {'x' * WIDTH}" for number in range(LINES + 5)]
    shown = warnings(lines)
    assert [line.split()[1] for line in shown] == [str(number) for number in range(5, LINES + 5)]
    assert {len(line) for line in shown} == {WIDTH}
