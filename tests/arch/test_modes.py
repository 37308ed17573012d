"""docs/modes.md says what the tests say of each application model."""

import pytest

from authsvc.core.application_models import APPLICATION_MODELS
from tests import modes


def test_the_page_is_current() -> None:
    written = modes.TABLE.read_text(encoding="utf-8")
    assert written == modes.render(modes.shown()), "run `make modes` and commit the result"


def marked(*questions: str, **named: str) -> pytest.Mark:
    return pytest.mark.modes(*questions, **named).mark


def over(names: str, *values: object) -> pytest.Mark:
    return pytest.mark.parametrize(names, values).mark


@pytest.mark.parametrize(
    ("mark", "parameters", "letters"),
    [
        (marked("page"), over("letter", "G", "B"), "GB"),
        (marked("page"), over("fault, letter", pytest.param(1, "A"), pytest.param(2, "B")), "AB"),
        (marked("page"), over("letter, listed", ("A", True), ("B", False)), "AB"),
        (marked("page"), over("letter", pytest.param(("G", "B"), id="G-B")), "GB"),
        (marked("page"), over("row", *APPLICATION_MODELS), "".join(modes.LETTERS)),
        (marked("page", models="every"), over("other", 1), "".join(modes.LETTERS)),
        (marked("page", models="B"), over("other", 1), "B"),
    ],
)
def test_a_test_shows_what_it_runs_over(mark: pytest.Mark, parameters: pytest.Mark, letters: str) -> None:
    found = modes.shown_by("x/test_x.py::test_x", mark, [mark, parameters])
    assert found == modes.Shown("x/test_x.py", ("page",), frozenset(letters))


@pytest.mark.parametrize(
    "mark", [marked("pages", models="B"), marked(models="B"), marked("page"), marked("page", models="?")]
)
def test_a_mark_without_question_or_model_is_refused(mark: pytest.Mark) -> None:
    with pytest.raises(modes.ModesProblem):
        modes.shown_by("test_x.py::test_x", mark, [mark])


def test_what_no_test_shows_says_so() -> None:
    page = modes.render([modes.Shown("x/test_x.py", ("page",), frozenset("B"))])
    (row,) = (line for line in page.splitlines() if line.startswith("| the page does it"))
    assert row.count(modes.NONE) == len(modes.LETTERS) - 1
    assert "[x/test_x](../tests/x/test_x.py)" in row


def test_every_model_that_is_offered_has_a_column_and_is_planned_no_more() -> None:
    page = modes.render([])
    for row in APPLICATION_MODELS:
        assert f"| **{row.letter}** (" in page
        assert f"- **{row.letter}**:" not in page


def test_pages_and_tests_of_workflows_and_stores_are_there() -> None:
    rows = [*(row[2:] for row in modes.WORKFLOWS), *(row[1:] for row in modes.STORES)]
    docs, tests = modes.TABLE.parent, modes.ROOT / "tests"
    named = [path for said, files in rows for path in (docs / said, *(tests / file for file in files))]
    assert [path for path in named if not path.is_file()] == []
