"""Nothing is lost, doubled or miscounted while everything breaks, and who gets no further is led on."""

import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from devtools.demo.run import ROOT
from devtools.stack.stack import PATIENCE, own_database
from tests.campaign import Size, sampled
from tests.chaos import reckoning
from tests.chaos.broker import Form
from tests.chaos.disturbances import DISTURBANCES, SAMPLE, possible
from tests.chaos.estate import FEW, Estate, estate
from tests.chaos.people import Seen, read_seen
from tests.chaos.schedule import Schedule, seed

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs("postgresql", "redis", "photos", "nginx"),
    pytest.mark.requirement("S6.4-04", "S7-04", "S9.2-07"),
]
Note = Callable[[str, object], None]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user may go."""
    with tempfile.TemporaryDirectory(prefix="visor-chaos-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def people(what: str, folder: Path) -> str:
    """Let them do it, and return what they print."""
    command = [sys.executable, "-m", "tests.chaos.people", what, str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def invited(made: Estate, count: int, photos: Path, folder: Path, *, at_once: int) -> None:
    """Let people enrol who will sign in so often together, every other time by another's face."""
    wrong = [bool(number % 2) for number in range(count)]
    most = max(2, min(8, count // at_once))
    parts = [wrong[at : at + most] for at in range(0, count, most)]
    links = [made.stack.new_link(f"person-{number}") for number in range(len(parts))]
    told = {
        "photos": str(photos),
        "start": f"{made.stack.partner_url}/members",
        "patience": PATIENCE,
        "at_once": at_once,
        "people": [
            {"name": f"person-{number}", "link": link, "wrong": part}
            for number, (link, part) in enumerate(zip(links, parts, strict=True))
        ],
    }
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")
    people("enrol", folder)


def disturbed(made: Estate, schedule: Schedule, folder: Path) -> list[Seen]:
    """Let people sign in while things break; return what they saw."""
    printed: list[str] = []
    going = threading.Thread(target=lambda: printed.append(people("sign-in", folder)))
    going.start()
    schedule.run(going.is_alive)
    going.join()
    made.await_ready()
    return read_seen(printed[0])


def reckoned(made: Estate, schedule: Schedule, seen: list[Seen], note: Note) -> None:
    """Require that all holds, and note the figures."""
    note("no sample after (s)", reckoning.await_no_sample(made))
    wrong = reckoning.faults(made, seen)
    note("happened", dict(schedule.happened))
    note("could not be tried here", sorted(set(DISTURBANCES) - set(possible(made))))
    note("ended", dict(Counter(f"{'wrong' if each.wrong else 'own'} face {each.ended}" for each in seen)))
    note("begun anew", sum(each.beginnings - 1 for each in seen))
    note("answers of 503", sum(len(each.failures) for each in seen))
    note("silences", sum(each.silences for each in seen))
    note("slowest (s)", max(each.seconds for each in seen))
    note("faults", len(wrong))
    assert wrong == [], "\n".join(wrong)


@pytest.fixture
def made(request: pytest.FixtureRequest, form: Form, folder: Path) -> Iterator[Estate]:
    """The campaign's with all that can break, or a small one on the test run's database."""
    if request.config.getoption("whole"):
        with estate(folder / "estate", form=form) as whole:
            yield whole
        return
    with (
        own_database(empty=False) as url,
        estate(folder / "estate", form=form, borrowed=str(url), roles=FEW) as few,
    ):
        yield few


@pytest.fixture
def schedule(request: pytest.FixtureRequest, made: Estate, record_property: Note) -> Schedule:
    whole = request.config.getoption("whole")
    number = seed(new=whole)
    record_property("CHAOS_SEED", number)
    print(f"CHAOS_SEED={number}")
    if whole:
        return Schedule(made, Random(number), possible(made))
    return Schedule(made, Random(number), SAMPLE, lasts=(0.5, 2.0), quiet=(0.5, 1.0), rounds=1)


@pytest.mark.parametrize("form", sampled({form: form for form in get_args(Form)}, "in memory"))
def test_nothing_is_lost_doubled_or_miscounted_whatever_breaks(
    made: Estate, schedule: Schedule, folder: Path, photos: Path, size: Size, record_property: Note
) -> None:
    count = size("sign-ins", sample=4, whole=68)
    invited(made, count, photos, folder, at_once=size("at once", sample=2, whole=3))
    seen = disturbed(made, schedule, folder)
    reckoned(made, schedule, seen, record_property)
