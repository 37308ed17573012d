"""The campaign: what counts tries, fills tables or would take more than a minute.

`make test` runs a sample of each such test, `make campaign` (`pytest --whole -m campaign`) the whole, and
writes a report with commit and command. A test belongs to it that takes the fixture `size` (or `tries`, which
does), is a property of hypothesis, or has the marker `campaign`. Its figures are those that it hands to
`record_property`.

Of a matrix `sampled` and `crossed` give the cases: those beyond the sample have the marker `whole`, and run
in the campaign alone. Of any other test with many cases `make test` runs some, the same ones each time.
"""

import hashlib
import json
import os
import platform
import re
import shlex
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from tests import plans

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "campaign"
EXAMPLES = {"sample": 15, "whole": 1000}
CASES = 3
"""So many cases of one test are a sample, in the rooms where a case sets up rows, keys or requests."""
SCENES = 3
"""So many tests of one file are a sample where each takes seconds."""
_ROOMS = ("attacks", "journeys", "provider", "tenancy", "unit")
_SLOW = ("tests/browser/", "tests/attacks/test_hill_climb.py")
_WALKED_ONCE = "test_dead_ends.py"
"""Its states are walked to once, and its cases look at what was found."""
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")
Size = Callable[..., int]


@dataclass(frozen=True)
class Ran:
    """One test of a campaign: its name, how it ended, how long it took, and its figures."""

    test: str
    outcome: str
    seconds: float
    figures: dict[str, object]


def add_options(parser: pytest.Parser) -> None:
    """Let a run be whole, and let its report lie elsewhere."""
    parser.addoption(
        "--whole", action="store_true", help="run the campaign's tests whole, and write a report"
    )
    parser.addoption("--campaign-folder", default=str(FOLDER), help="where the report is written")


def choose_examples(config: pytest.Config) -> None:
    """Set how many inputs properties try: the same few each time, or many new ones."""
    for name, examples in EXAMPLES.items():
        whole = name == "whole"
        settings.register_profile(
            name, max_examples=examples, derandomize=not whole, print_blob=whole, database=None, deadline=None
        )
    settings.load_profile("whole" if config.getoption("whole") else "sample")


def mark(item: pytest.Item) -> None:
    """Mark what belongs to the campaign by what it takes."""
    property_of_hypothesis = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    sizes = "size" in getattr(item, "fixturenames", ())
    if property_of_hypothesis or sizes or item.get_closest_marker("whole"):
        item.add_marker("campaign")


def choose_cases(items: Sequence[pytest.Item]) -> None:
    """Mark as the campaign's the cases of a test beyond CASES, and the slow tests of a file beyond SCENES.

    Those that stay are the first by a digest of their names: they lie anywhere among the others, whatever
    several parameters make of their order, and stay the same as cases come and go. Of a test whose sample was
    chosen by hand nothing changes, and a case that has a catalogue's id of its own always runs.
    """
    alike: dict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if of := _sampled_as(item):
            alike[of].append(item)
    for (name, few), cases in alike.items():
        by_hand = {case for case in cases if case.get_closest_marker("whole")}
        if by_hand and "::" in name:
            continue
        for case in sorted(set(cases) - by_hand, key=_digest)[few:]:
            if not getattr(getattr(case, "callspec", None), "marks", ()):
                case.add_marker("whole")


def _sampled_as(item: pytest.Item) -> tuple[str, int] | None:
    """Return of what an item is one among others, and how many of them are a sample."""
    file, tests = item.nodeid.partition("::")[0], ROOT / "tests"
    if file.startswith(_SLOW):
        return file, SCENES
    room = item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""
    sampled = room in _ROOMS and item.path.name != _WALKED_ONCE
    return (item.nodeid.partition("[")[0], CASES) if sampled else None


def _digest(item: pytest.Item) -> bytes:
    return hashlib.sha256(item.nodeid.encode()).digest()


def beyond_the_sample(items: Sequence[pytest.Item], *, whole: bool) -> list[pytest.Item]:
    """Return the items that a run leaves to the campaign."""
    return [] if whole else [item for item in items if item.get_closest_marker("whole")]


def sampled(cases: Mapping[str, object], *sample: str) -> list[pytest.ParameterSet]:
    """Return parameters by their names: the campaign takes all, `make test` those that the sample names."""
    unknown = set(sample) - set(cases)
    if unknown:
        raise ValueError(f"no case is called {sorted(unknown)}")
    return [pytest.param(value, id=name, marks=_beyond(name in sample)) for name, value in cases.items()]


def crossed(
    first: Mapping[str, object], second: Mapping[str, object], *, sample: int = 0
) -> list[pytest.ParameterSet]:
    """Return all pairs as parameters: the campaign takes all, `make test` some in which each value stands.

    Where other tests try each value more quickly, `sample` says how many pairs are enough.
    """
    turns = {(at % len(first), at % len(second)) for at in range(sample or max(len(first), len(second)))}
    return [
        pytest.param(one, other, id=f"{name}-{other_name}", marks=_beyond((a, b) in turns))
        for a, (name, one) in enumerate(first.items())
        for b, (other_name, other) in enumerate(second.items())
    ]


def _beyond(taken: bool) -> tuple[pytest.MarkDecorator, ...]:
    return () if taken else (pytest.mark.whole,)


def note_inputs(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Count among a property's figures the inputs that it held for."""
    said = getattr(item, "hypothesis_statistics", "")
    if said and call.when == "call":
        item.user_properties.append(("inputs", sum(map(int, re.findall(r"(\d+) passing", said)))))


@pytest.fixture
def size(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Size:
    """How many of something a test makes: `size("tries", sample=10, whole=50)`."""

    def chosen(what: str, *, sample: int, whole: int) -> int:
        count = whole if request.config.getoption("whole") else sample
        record_property(what, count)
        return count

    return chosen


@pytest.fixture
def tries(size: Size) -> int:
    """How many do the same thing at the same moment."""
    return size("at once", sample=10, whole=50)


def ran(stats: Mapping[str, Sequence[object]]) -> list[Ran]:
    """Return what a run's reports say of each test that ran, was skipped or broke, by name."""
    reports = [(outcome, report) for outcome in OUTCOMES for report in stats.get(outcome, ())]
    found = [
        Ran(report.nodeid, outcome, round(report.duration, 1), _figures(report.user_properties))
        for outcome, report in reports
        if isinstance(report, pytest.TestReport)
    ]
    return sorted(found, key=lambda one: one.test)


def _figures(properties: Sequence[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in properties if name != plans.PROPERTY}


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def commit() -> str:
    """Return the commit that ran, with a sign where the files are not those of it."""
    known = _git("rev-parse", "--short=12", "HEAD") or "unknown"
    return f"{known}-changed" if _git("status", "--porcelain") else known


def command(config: pytest.Config) -> str:
    """Return the command of this run."""
    return shlex.join(["pytest", *map(str, config.invocation_params.args)])


def lines(tests: Sequence[Ran], about: Mapping[str, str]) -> Iterator[str]:
    """Yield the report's lines: what ran where, then a row a test."""
    yield "# Campaign"
    yield ""
    for name, value in about.items():
        yield f"- {name}: {value}"
    yield ""
    yield "| test | outcome | seconds | figures |"
    yield "|---|---|---|---|"
    for one in tests:
        figures = ", ".join(f"{name} {value}" for name, value in one.figures.items())
        yield f"| `{one.test.replace('|', '/')}` | {one.outcome} | {one.seconds} | {figures} |"


def write(folder: Path, tests: Sequence[Ran], about: Mapping[str, str]) -> Path:
    """Write the report for people and, beside it, the same as JSON. Returns the path of the former."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{about['date'][:10]}-{about['commit']}.md"
    path.write_text("\n".join(lines(tests, about)) + "\n", encoding="utf-8")
    content = {**about, "tests": [asdict(one) for one in tests]}
    path.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def close(terminal: pytest.TerminalReporter) -> None:
    """After a whole run, list what ran and write the report."""
    if not terminal.config.getoption("whole"):
        return
    tests = ran(terminal.stats)
    about = {
        "commit": commit(),
        "command": command(terminal.config),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "Python": platform.python_version(),
    }
    terminal.section("campaign")
    for line in list(lines(tests, about))[2:]:
        terminal.write_line(line)
    path = write(Path(terminal.config.getoption("campaign_folder")), tests, about)
    terminal.write_line(f"Report: {path}")
