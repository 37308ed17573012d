"""docs/security.md names a test for each cell, and the tests it names are there."""

import re
from pathlib import Path

from authsvc.core.application_models import APPLICATION_MODELS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 15
    assert not [name for name in named if not (ROOT / "tests" / name).is_file()]


def rows_of(page: str) -> list[list[str]]:
    """Return the cells of every row of the page's tables, without their heads."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    heads = {at - 1 for at, line in enumerate(lines) if line.startswith("|---")}
    rows = [line for at, line in enumerate(lines) if at not in heads and not line.startswith("|---")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def proven(text: str) -> bool:
    return ".py`" in text or ".py::" in text or "*not proven*" in text


def test_every_stolen_thing_has_a_test_or_says_that_it_is_not_proven() -> None:
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    assert rows
    assert not [row for row in rows if not proven(" ".join(row))]


def test_of_each_model_every_cell_has_a_test_or_says_that_it_is_not_proven() -> None:
    """The rows of that table have a cell more than there are models."""
    _, _, by_model = PAGE.read_text(encoding="utf-8").partition("## By application model\n")
    rows = rows_of(by_model)
    assert {len(row) for row in rows} == {1 + len(APPLICATION_MODELS)}
    assert not [cell for _, *cells in rows for cell in cells if not proven(cell)]
