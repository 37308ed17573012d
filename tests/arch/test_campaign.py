"""The campaign runs whole what a test run samples, and says of which code its numbers are."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.campaign import (
    CASES,
    EXAMPLES,
    SCENES,
    Ran,
    beyond_the_sample,
    choose_cases,
    commit,
    crossed,
    lines,
    sampled,
)

ROOT = Path(__file__).resolve().parents[2]
PART = "tests/unit/core/test_ids.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", PART, "--campaign-folder", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def figures(report: dict[str, Any]) -> dict[str, Any]:
    return {one["test"].split("::")[-1]: one["figures"] for one in report["tests"]}


def test_a_whole_run_reports_commit_command_and_figures(tmp_path: Path) -> None:
    done = run(tmp_path, "--whole", "-m", "campaign")
    assert done.returncode == 0, done.stdout
    (path,) = tmp_path.glob("*.md")
    report = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert path.stem == f"{report['date'][:10]}-{commit()}"
    assert report["command"] == f"pytest {PART} --campaign-folder {tmp_path} --whole -m campaign"
    assert {name: of_it for name, of_it in figures(report).items() if of_it} == {
        "test_identifiers_do_not_repeat": {"identifiers": 1_000_000},
        "test_base64url_gives_the_bytes_back": {"inputs": EXAMPLES["whole"]},
    }
    assert {one["outcome"] for one in report["tests"]} == {"passed"}
    for line in path.read_text(encoding="utf-8").splitlines()[2:]:
        assert line in done.stdout


def test_a_usual_run_takes_the_sample_and_reports_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "campaign", f"--junit-xml={tmp_path}/run.xml", "-o", "junit_family=xunit1")
    assert done.returncode == 0, done.stdout
    assert 'name="identifiers" value="10000"' in (tmp_path / "run.xml").read_text(encoding="utf-8")
    assert list(tmp_path.glob("*.md")) == []


def taken(cases: list[pytest.ParameterSet]) -> list[str]:
    """Return by name the cases that a usual run takes."""
    return [str(case.id) for case in cases if not any(mark.name == "whole" for mark in case.marks)]


def test_of_pairs_a_usual_run_takes_each_value_and_the_campaign_all() -> None:
    cases = crossed({"a": 1, "b": 2, "c": 3}, {"x": 8, "y": 9})
    assert [case.values for case in cases] == [(1, 8), (1, 9), (2, 8), (2, 9), (3, 8), (3, 9)]
    assert taken(cases) == ["a-x", "b-y", "c-x"]


def test_of_cases_a_usual_run_takes_those_that_are_named() -> None:
    cases = sampled({"a": 1, "b": 2, "c": 3}, "b")
    assert [case.values for case in cases] == [(1,), (2,), (3,)]
    assert taken(cases) == ["b"]
    with pytest.raises(ValueError, match="'d'"):
        sampled({"a": 1}, "d")


class Item:
    """What a choice asks of an item."""

    def __init__(
        self, *marks: str, case: str = "", room: str = "unit", of_its_own: Sequence[str] = ()
    ) -> None:
        self.marks = list(marks)
        self.path = ROOT / "tests" / room / "test_it.py"
        self.nodeid = f"tests/{room}/test_it.py::test_it[{case}]"
        self.callspec = SimpleNamespace(marks=of_its_own)

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None

    def add_marker(self, name: str) -> None:
        self.marks.append(name)


def test_what_is_beyond_the_sample_is_left_to_the_campaign() -> None:
    items = cast("list[pytest.Item]", [Item("campaign"), Item("whole")])
    assert beyond_the_sample(items, whole=False) == items[1:]
    assert beyond_the_sample(items, whole=True) == []


def staying(items: list[Item]) -> list[str]:
    """Return the cases that a usual run takes."""
    choose_cases(cast("list[pytest.Item]", items))
    return [item.nodeid.partition("[")[2].rstrip("]") for item in items if "whole" not in item.marks]


def test_of_many_cases_a_usual_run_takes_the_same_few() -> None:
    cases = [f"{one}-{other}" for one in "abcdef" for other in "xyz"]
    chosen = staying([Item(case=case) for case in cases])
    assert len(chosen) == CASES
    assert chosen != cases[:CASES]
    assert len({case[0] for case in chosen}) > 1 < len({case[2] for case in chosen})
    assert staying([Item(case=case) for case in reversed(cases)]) == chosen[::-1]
    assert set(staying([Item(case=case) for case in cases if case in chosen])) == set(chosen)


def test_few_cases_all_run_and_those_of_rooms_where_a_case_costs_nothing() -> None:
    assert len(staying([Item(case=str(case)) for case in range(CASES)])) == CASES
    assert len(staying([Item(case=str(case), room="arch") for case in range(20)])) == 20


def test_of_a_file_that_drives_a_browser_a_usual_run_takes_few_tests_beside_those_left_out_by_hand() -> None:
    tests = [
        Item(*marks, case=str(case), room="browser") for case, marks in enumerate([()] * 9 + [("whole",)])
    ]
    assert len(staying(tests)) == SCENES


def test_a_sample_chosen_by_hand_stays_as_it_is() -> None:
    by_hand = [Item("whole", case="20"), *(Item(case=str(case)) for case in range(20))]
    assert len(staying(by_hand)) == 20


def test_a_case_with_a_catalogue_s_id_of_its_own_always_runs() -> None:
    own = staying([Item(case=str(case), of_its_own=["a mark"]) for case in range(20)])
    assert len(own) == 20


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_what_did_not_pass_stands_in_the_report(outcome: str) -> None:
    ran = [Ran("tests/a.py::test_a[b|c]", outcome, 1.5, {"at once": 50, "inputs": 3})]
    assert list(lines(ran, {"commit": "1a2b"})) == [
        "# Campaign",
        "",
        "- commit: 1a2b",
        "",
        "| test | outcome | seconds | figures |",
        "|---|---|---|---|",
        f"| `tests/a.py::test_a[b/c]` | {outcome} | 1.5 | at once 50, inputs 3 |",
    ]
