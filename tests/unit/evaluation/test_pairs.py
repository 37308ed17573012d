"""Twins and look-alikes are counted by themselves, and no rate that a record carries takes them."""

from pathlib import Path

import numpy as np
import pytest

from authsvc.evaluation.dataset import Person
from authsvc.evaluation.pairs import Pair, as_table, read_pairs, tell_apart
from authsvc.evaluation.rates import Rate

pytestmark = pytest.mark.requirement("S8.1-03")

THRESHOLD = 0.5


def person(name: str, *vectors: tuple[float, float]) -> Person:
    found = np.array(vectors, np.float32)
    return Person(name, found, found, 0)


PEOPLE = {
    one.name: one
    for one in (
        person("one", (1, 0), (0.96, 0.28)),
        person("twin", (0.8, 0.6)),
        person("other", (0, 1)),
        person("alike", (0.6, 0.8)),
    )
}
PAIRS = [
    Pair("one", "twin", "twins"),
    Pair("one", "other", "look-alikes"),
    Pair("other", "alike", "look-alikes"),
]


def test_each_kind_has_its_own_count_and_interval() -> None:
    alike, twins = tell_apart(PAIRS, PEOPLE, [THRESHOLD])
    assert (alike.kind, alike.pairs, alike.comparisons) == ("look-alikes", Rate(1, 2), Rate(1, 3))
    assert (twins.kind, twins.pairs, twins.comparisons) == ("twins", Rate(1, 1), Rate(2, 2))
    assert as_table([alike, twins], {THRESHOLD: "1e-4"}).splitlines()[2:] == [
        "| look-alikes | 1e-4 | 1 of 2 (1.3%–98.7%) | 1 of 3 |",
        "| twins | 1e-4 | 1 of 1 (2.5%–100.0%) | 2 of 2 |",
    ]


def test_a_stricter_threshold_tells_more_apart() -> None:
    rows = tell_apart(PAIRS[:1], PEOPLE, [THRESHOLD, 0.99])
    assert [one.pairs.count for one in rows] == [1, 0]


def test_somebody_without_photographs_is_an_error() -> None:
    with pytest.raises(ValueError, match="nobody is in no dataset"):
        tell_apart([Pair("one", "nobody", "twins")], PEOPLE, [THRESHOLD])


@pytest.mark.parametrize(
    ("content", "problem"),
    [("person,other\na,b\n", "columns"), ("person,other,kind\na,a,twins\n", "a is no pair")],
)
def test_a_list_of_another_form_is_an_error(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(content)
    with pytest.raises(ValueError, match=problem):
        read_pairs(file)


def test_a_list_is_read(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text("person,other,kind\na,b,twins\n")
    assert read_pairs(file) == [Pair("a", "b", "twins")]


def test_what_a_record_is_made_of_knows_no_pairs() -> None:
    """The gate takes strangers' rates alone: nothing that makes a record reads a list of who is alike."""
    folder = Path(__file__).parents[3] / "authsvc" / "evaluation"
    makes = ["verification.py", "rates.py", "groups.py", "recording.py", "storing.py"]
    makes += ["management/commands/evaluate.py"]
    assert not [
        name
        for name in makes
        if "evaluation.pairs" in (text := (folder / name).read_text()) or ".pairs " in text
    ]
