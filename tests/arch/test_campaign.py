"""The campaign runs whole what a test run samples, and says of which code its numbers are."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.campaign import EXAMPLES, Ran, commit, lines

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
    assert figures(report) == {
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
