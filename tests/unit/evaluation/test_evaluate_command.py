"""`manage.py evaluate`: nothing is signed where a group fails."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.biometrics.records.record import EvaluationRecord
from authsvc.biometrics.records.standing import weakness_of
from authsvc.core.clock import now
from authsvc.evaluation import recording
from authsvc.evaluation.management.commands import evaluate as command
from authsvc.evaluation.pad_report import CLAIMED
from authsvc.evaluation.verification import Evaluation, evaluate
from tests.unit.evaluation.test_evaluation import people
from tests.unit.evaluation.test_pad_evidence import reported, tries

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


def never(*_: Any) -> None:
    pytest.fail("it was written")


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

    monkeypatch.setattr(command, "evaluate", failing)
    monkeypatch.setattr(recording, "ship_record", never)
    monkeypatch.setattr(recording, "write_record", never)
    with pytest.raises(CommandError, match="nothing is signed, the gate refuses: adult: 2 false"):
        call_command("evaluate", tmp_path, ship=ship, **asked)


def pad(tmp_path: Path, passed: int) -> list[Path]:
    """A report by which this many of 100 of each claimed attack passed."""
    made = [*tries("bona-fide", "A", "bona-fide", 100)]
    for name in CLAIMED:
        made += [*tries(name, "A", "bona-fide", passed), *tries(name, "A", "attack", 100 - passed)]
    return [reported(tmp_path / "pad.json", made)]


@pytest.mark.requirement("S9.2-05")
def test_t25_what_pad_did_stands_in_the_record(asked: dict[str, Any], tmp_path: Path) -> None:
    call_command("evaluate", tmp_path, pad=pad(tmp_path, 6), **asked)
    (path,) = asked["out"].glob("*.json")
    record = EvaluationRecord(**json.loads(path.read_text(encoding="utf-8")))
    assert weakness_of(record, "1e-4", moment=now()) is None


@pytest.mark.requirement("S9.2-05")
@pytest.mark.parametrize("ship", [False, True])
def test_t25_where_a_claimed_attack_passes_nothing_is_signed(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], tmp_path: Path, ship: bool
) -> None:
    monkeypatch.setattr(recording, "ship_record", never)
    monkeypatch.setattr(recording, "write_record", never)
    with pytest.raises(CommandError, match=r"the gate refuses: .*flat-print: 7 of 100 pass"):
        call_command("evaluate", tmp_path, pad=pad(tmp_path, 7), ship=ship, **asked)


@pytest.mark.requirement("S9.2-05")
def test_t25_without_pad_the_record_is_signed_and_says_that_it_vouches_for_nothing(
    asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("evaluate", tmp_path, **asked)
    assert "vouches for no face: pad-not-measured" in capsys.readouterr().err
