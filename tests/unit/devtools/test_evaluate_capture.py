"""`manage.py evaluate-capture` over the photographs of the tests: nobody is an attack, and what is wrong is
said.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from authsvc.biometrics.engines.loading import load_engine
from authsvc.evaluation.capture_report import CaptureTry
from authsvc.evaluation.occluders import shaded
from authsvc.evaluation.stress import CONDITIONS
from devtools.laboratory import stress_trials
from devtools.laboratory.subjects import Subject, load_subjects, split_of

pytestmark = pytest.mark.needs("photos")

FIRST = ("clean", "mask", "aside: 30°")
ORDER = sorted((one.name for one in CONDITIONS), key=lambda name: (name not in FIRST, name))


@pytest.fixture
def people(photos: Path, tmp_path: Path) -> Path:
    """One photograph as two people of the test half, under names that lie there."""
    names = [name for name in map("person-{}".format, range(20)) if split_of(name) == "test"]
    for name in names[:2]:
        (tmp_path / "people" / name).mkdir(parents=True)
        content = (photos / "obama" / "01.jpg").read_bytes()
        (tmp_path / "people" / name / "01.jpg").write_bytes(content)
    return tmp_path / "people"


@pytest.mark.requirement("S9.2-08")
def test_nobody_is_an_attack_and_what_is_wrong_is_said(
    people: Path, tmp_path: Path, size: Callable[..., int], record_property: Callable[[str, object], None]
) -> None:
    named = tuple(ORDER[: size("conditions", sample=len(FIRST), whole=len(CONDITIONS))])
    asked: dict[str, Any] = {"resume": tmp_path / "log", "report": tmp_path / "report.json"}
    asked["condition"] = list(named)
    try:
        call_command("evaluate-capture", people, **asked)
    except CommandError as missed:
        record_property("aims missed", str(missed))
    report = json.loads(asked["report"].read_text(encoding="utf-8"))
    rows = {row["condition"]: row for row in report["rows"]}
    assert report["enrolled"] == 2
    assert set(rows) == {one.name for one in CONDITIONS if one.name.startswith(named)}
    for row in rows.values():
        record_property(row["condition"], row["said"] or "accepted")
    assert {name: row["said"] for name, row in rows.items() if row["attack"]["count"]} == {}
    assert rows["clean"]["accepted"]["count"] == 2
    for name in set(FIRST) - {"clean", "mask"}:
        assert rows[name]["right"]["count"] == 2, rows[name]["said"]
    # Known to be wrong (docs/capture.md): a white mask under a white screen is called too bright.
    assert set(rows["mask"]["said"]) <= {"quality-below-limit → mask", "quality-below-limit → dimmer"}
    assert rows["mask"]["right"]["count"] >= 1


def test_whose_photograph_is_covered_is_left_out(people: Path) -> None:
    dressed, free = sorted(path.name for path in people.iterdir())
    path = people / dressed / "01.jpg"
    picture = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
    engine = load_engine()
    landmarks = engine.landmarks(picture, engine.detect(picture, thorough=True)[0]).astype(np.float64)
    assert {one.name for one in load_subjects(people, "test", engine, 2)} == {dressed, free}
    covered = shaded(picture, landmarks, np.random.default_rng(1))
    cv2.imwrite(str(path), covered[..., ::-1])
    with pytest.raises(ValueError, match="fewer than two people"):
        load_subjects(people, "test", engine, 2)


def test_by_group_nobody_is_left_out_for_a_poor_photograph(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dark, free = sorted(path.name for path in people.iterdir())
    path = people / dark / "01.jpg"
    cv2.imwrite(str(path), (np.asarray(cv2.imread(str(path))) * 0.1).astype(np.uint8))
    (tmp_path / "groups.csv").write_text(f"person,skin\n{dark},dark\n{free},light\n", encoding="utf-8")
    monkeypatch.setattr(stress_trials, "run_person", made_up)
    call_command("evaluate-capture", people, groups=tmp_path / "groups.csv")
    printed = capsys.readouterr().out
    assert "| dark | 1 | 1, 0 of 1 |" in printed
    assert "| light | 1 | 1, 0 of 1 |" in printed


def made_up(judge: stress_trials.Judge, person: Subject, *_: object, **__: object) -> Iterator[CaptureTry]:
    yield CaptureTry("blur: 2 pixels", person.name, "again", "quality-below-limit", "still", "")


def test_a_run_goes_on_where_it_was(people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {"resume": tmp_path / "log", "report": tmp_path / "report.json"}
    call_command("evaluate-capture", people, condition=["clean"], **asked)
    made = (tmp_path / "log").read_text(encoding="utf-8")
    monkeypatch.setattr(stress_trials, "Sitting", lambda *_: pytest.fail("rendered again"))
    call_command("evaluate-capture", people, condition=["clean"], **asked)
    assert (tmp_path / "log").read_text(encoding="utf-8") == made
    with pytest.raises(CommandError, match="other conditions"):
        call_command("evaluate-capture", people, condition=["clean"], seed=2, **asked)


def test_an_aim_that_does_not_hold_fails_the_command(
    people: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attack = CaptureTry("clean", "p", "refused", "presentation-attack", "", "")
    monkeypatch.setattr(stress_trials, "run_person", lambda *_, **__: iter([attack]))
    with pytest.raises(CommandError, match="clean: called an attack"):
        call_command("evaluate-capture", people)
    assert "| clean | 2 |" in capsys.readouterr().out
