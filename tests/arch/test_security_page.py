"""docs/security.md names a test for each cell, and the tests it names are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"


def test_every_test_that_the_page_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 15
    assert not [name for name in named if not (ROOT / "tests" / name).is_file()]


def test_every_stolen_thing_has_a_test_or_says_that_it_is_not_proven() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    assert rows
    assert not [row for row in rows if ".py`" not in row and "*not proven*" not in row]
