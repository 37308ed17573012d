"""`manage.py evaluate`: nothing is signed where a group fails."""

import csv
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.evaluation.management.commands import evaluate as command
from authsvc.evaluation.verification import Evaluation, evaluate
from tests.unit.evaluation.test_evaluation import people

pytestmark = pytest.mark.requirement("S5.2-04")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What to ask of the command: photographs of 200 people, of whom 40 are said to be adults."""
    found = people(200, pictures=6, noise=0.2)
    monkeypatch.setattr(command, "load_engine", lambda _: SimpleNamespace(engine_id="test:1"))
    monkeypatch.setattr(command, "read_people", lambda *_, **__: iter(found))
    labels = tmp_path / "labels.csv"
    with labels.open("w", newline="") as file:
        csv.writer(file).writerows([("person", "age"), *((one.name, "adult") for one in found[:40])])
    return {"groups": [labels], "out": tmp_path / "out", "verbosity": 0}


def test_where_every_group_holds_a_record_is_signed(asked: dict[str, Any], tmp_path: Path) -> None:
    call_command("evaluate", tmp_path, **asked)
    assert len(list(asked["out"].glob("*.json"))) == 1


@pytest.mark.parametrize("ship", [False, True])
def test_where_a_group_fails_nothing_is_signed_and_the_group_is_named(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], tmp_path: Path, ship: bool
) -> None:
    def failing(*given: Any, **how: Any) -> Evaluation:
        found = evaluate(*given, **how)
        return replace(found, groups=[replace(one, failure="2 false matches") for one in found.groups])

    def never(*_: Any) -> None:
        pytest.fail("it was written")

    monkeypatch.setattr(command, "evaluate", failing)
    monkeypatch.setattr(command, "ship_record", never)
    monkeypatch.setattr(command, "write_record", never)
    with pytest.raises(CommandError, match="nothing is signed, the group gate refuses: adult: 2 false"):
        call_command("evaluate", tmp_path, ship=ship, **asked)
