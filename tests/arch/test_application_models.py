"""Application models are told apart in one table and one room: nobody else knows a letter."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from authsvc.core.application_models import APPLICATION_MODELS

ROOT = Path(__file__).resolve().parents[2]
SEARCHED = ("authsvc", "portal", "config")
ROOM = ROOT / "authsvc" / "protection"
TABLE = ROOT / "authsvc" / "core" / "application_models.py"
SHARED = {"__init__", "base", "registry"}
LETTERS = {row.letter for row in APPLICATION_MODELS}


def elsewhere() -> Iterator[Path]:
    """Yield every file of the product's code beside the room and the table."""
    for package in SEARCHED:
        for path in (ROOT / package).rglob("*.py"):
            if path != TABLE and ROOM not in path.parents:
                yield path


def letters(text: str) -> set[str]:
    """Return the models' letters that a file holds as texts of their own."""
    found = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    return {value for value in found if isinstance(value, str)} & LETTERS


def imported(text: str) -> set[str]:
    """Return the dotted names that a file imports, members too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


@pytest.mark.requirement("S6.3-02")
def test_no_code_elsewhere_holds_a_models_letter() -> None:
    found = {str(path): used for path in elsewhere() if (used := letters(path.read_text(encoding="utf-8")))}
    assert found == {}


def test_no_code_elsewhere_imports_one_models_module() -> None:
    own = {f"authsvc.protection.{row.name}" for row in APPLICATION_MODELS}
    found = {str(path): used for path in elsewhere() if (used := imported(path.read_text("utf-8")) & own)}
    assert found == {}


def test_the_room_holds_a_file_for_every_row_and_none_besides() -> None:
    files = {path.stem for path in ROOM.glob("*.py")} - SHARED
    assert files == {row.name for row in APPLICATION_MODELS}


def test_no_two_rows_share_a_letter_or_a_name_and_one_is_the_default() -> None:
    assert len(LETTERS) == len({row.name for row in APPLICATION_MODELS}) == len(APPLICATION_MODELS)
    assert any(row.default for row in APPLICATION_MODELS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('if evidence.model == "G":\n    pass', {"G"}),
        ('MODELS = ("G",)', {"G"}),
        ('"""Of model G."""', set()),
        ('select = ["GH"]', set()),
    ],
)
def test_the_search_finds_what_it_is_for(text: str, found: set[str]) -> None:
    assert letters(text) == found
