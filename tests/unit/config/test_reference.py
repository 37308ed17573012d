"""docs/settings.md says what the code says."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config import reference
from config.environment import FIELDS, variable_name
from config.safety import RULES


def test_the_page_equals_the_code() -> None:
    assert reference.PATH.read_text(encoding="utf-8") == reference.page(), "make settings-reference"


def test_the_page_has_a_row_for_every_variable_and_a_word_about_it() -> None:
    for name, field in FIELDS.items():
        row = next(line for line in reference.page().splitlines() if f"| `{variable_name(name)}` |" in line)
        assert field.description
        assert field.description in row


def test_what_production_demands_stands_at_its_variable() -> None:
    rows = reference.page().splitlines()
    for rule in RULES:
        assert any(f"`{rule.variable}`" in row and rule.demand in row for row in rows), rule.variable


def test_the_command_writes_and_compares(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(reference, "PATH", tmp_path / "settings.md")
    with pytest.raises(CommandError, match="make settings-reference"):
        call_command("settings_reference", "--check")
    call_command("settings_reference", stdout=StringIO())
    call_command("settings_reference", "--check")
