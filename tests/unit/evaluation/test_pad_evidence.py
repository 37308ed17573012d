"""What a record says of PAD, and that nothing is signed where it fails (T25)."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.records.record import EvaluationRecord
from authsvc.biometrics.records.standing import weakness_of
from authsvc.evaluation.groups import Group, GroupRates
from authsvc.evaluation.management import evaluate_pad
from authsvc.evaluation.pad_evidence import (
    FEWEST_PEOPLE,
    PadEvidence,
    PadGroup,
    attack_failure,
    failures,
    group_tries,
    groups_as_json,
    people_failure,
    read_reports,
    with_pad,
)
from authsvc.evaluation.pad_report import CLAIMED, as_json, species_rows
from authsvc.evaluation.pad_trials import Trial
from authsvc.evaluation.rates import NOT_MEASURED, Rate
from authsvc.evaluation.report import as_text

pytestmark = pytest.mark.requirement("S9.2-05", "S5.2-04")

GOOD = Rate(0, FEWEST_PEOPLE)
ABOUT = dict.fromkeys(("date", "commit", "command", "dataset", "version"), "x")


def tries(species: str, subject: str, verdict: str, count: int = 1) -> list[Trial]:
    return [Trial(species, subject, verdict, "", 0.0, 0.0, {})] * count


def reported(path: Path, trials: list[Trial], **changes: Any) -> Path:
    """Write a report of these tries, as evaluate-pad does."""
    body = {
        "engine": "test:1",
        "stages": stages_version(),
        "rows": as_json(species_rows(trials)),
        "groups": [],
    }
    path.write_text(json.dumps({**ABOUT, **body, **changes}), encoding="utf-8")
    return path


def evidence(**attacks: Rate) -> PadEvidence:
    every = {
        **dict.fromkeys(sorted(CLAIMED), GOOD),
        **{name.replace("_", "-"): rate for name, rate in attacks.items()},
    }
    return PadEvidence([ABOUT], every, {"bona-fide": GOOD}, [])


def test_t25_every_claimed_species_stands_in_the_record_with_its_interval(tmp_path: Path) -> None:
    trials = [*tries("bona-fide", "A", "bona-fide", 100), *tries("flat-print", "A", "attack", 97)]
    trials += [*tries("flat-print", "A", "bona-fide", 3), *tries("rendered-head", "A", "bona-fide", 100)]
    part = read_reports([reported(tmp_path / "report", trials)], engine="test:1").as_json()
    found = {one["species"]: one for one in part["attacks"]}
    assert found.keys() == CLAIMED | {"rendered-head"}
    rate = {"errors": 3, "compared": 100, "low": Rate(3, 100).low, "high": Rate(3, 100).high}
    assert found["flat-print"] == {"species": "flat-print", "claimed": True, "apcer": rate, "failure": ""}
    assert (found["rendered-head"]["claimed"], found["rendered-head"]["failure"]) == (False, "")
    assert (found["cut-out"]["apcer"], found["cut-out"]["failure"]) == (None, "measured in 0 tries of 60")
    assert part["measured"] == [ABOUT]
    # A claim of which nothing is known is none.
    assert [line.partition(":")[0] for line in failures(part)] == sorted(CLAIMED - {"flat-print"})


@pytest.mark.parametrize(
    ("rate", "of_attack", "of_people"),
    [
        (Rate(0, 100), "", ""),
        (Rate(5, 100), "", ""),
        (Rate(6, 100), "", "6 of 100 people are refused: BPCER over 5%"),
        (Rate(7, 100), "7 of 100 pass: APCER not under 7%", "7 of 100 people are refused: BPCER over 5%"),
        (Rate(0, 59), "measured in 59 tries of 60", "measured in 59 tries of 100"),
        (NOT_MEASURED, "measured in 0 tries of 60", "measured in 0 tries of 100"),
    ],
)
def test_the_bars_take_the_counted_errors(rate: Rate, of_attack: str, of_people: str) -> None:
    assert (attack_failure(rate), people_failure(rate)) == (of_attack, of_people)


def test_a_report_of_another_engine_source_or_form_is_refused(tmp_path: Path) -> None:
    path, trials = tmp_path / "report", tries("bona-fide", "A", "bona-fide")
    for change in ({"engine": "other"}, {"stages": "other"}, {"rows": None}, {"groups": 1}):
        with pytest.raises(ValueError, match="report"):
            read_reports([reported(path, trials, **change)], engine="test:1")
    with pytest.raises(ValueError, match="more than one report: bona-fide"):
        read_reports([reported(path, trials)] * 2, engine="test:1")


def test_a_report_with_labels_counts_by_group_alone(tmp_path: Path) -> None:
    trials = [*tries("bona-fide", "A", "attack"), *tries("flat-print", "A", "attack", 2)]
    trials += tries("rendered-head", "A", "bona-fide", 5)
    groups = [
        Group("adult x", frozenset({"adult"}), frozenset({"A"})),
        Group("none", frozenset(), frozenset({"B"})),
    ]
    tried = group_tries(trials, species_rows(trials), groups)
    assert tried == [PadGroup("adult x", 1, True, Rate(1, 1), Rate(0, 2))]
    labelled = reported(tmp_path / "labelled", trials, groups=groups_as_json(tried))
    others = reported(tmp_path / "others", tries("bona-fide", "C", "bona-fide"))
    found = read_reports([labelled, others], engine="test:1")
    assert (found.people, found.groups) == ({"bona-fide": Rate(0, 1)}, tried)


def test_t25_a_group_carries_its_errors_of_pad_and_fails_by_them() -> None:
    def tried(name: str, bpcer: Rate, apcer: Rate = NOT_MEASURED, *, promised: bool = True) -> PadGroup:
        return PadGroup(name, 9, promised, bpcer, apcer)

    known = [
        GroupRates("a", 9, True),
        GroupRates("b", 9, True, failure="2 false matches"),
        GroupRates("c", 9, True),
    ]
    found = with_pad(
        known,
        [
            tried("a", Rate(9, 100)),
            tried("b", GOOD),
            tried("few", Rate(9, 99)),
            tried("passed", GOOD, Rate(8, 100)),
            tried("child", Rate(9, 100), promised=False),
        ],
    )
    assert [(one.group, one.failure.partition(" of")[0]) for one in found] == [
        ("a", "9"),
        ("b", "2 false matches"),
        ("c", ""),
        ("few", ""),
        ("passed", "8"),
        ("child", ""),
    ]
    assert [one.as_json()["bpcer"] is None for one in found] == [False, False, True, False, False, False]


MADE = datetime(2026, 11, 28, tzinfo=UTC)


def record_with(pad: Any) -> EvaluationRecord:
    """A record that holds but for PAD."""
    point = {"threshold": 0.5, "fmr": 0.0, "fmr_interval": [0, 1e-4], "fnmr": 0.0, "fnmr_interval": [0, 0.1]}
    adults = {"group": "adults", "promised": True, "fmr": {"errors": 0, "compared": 9}, "failure": ""}
    named = ("id", "test:1", "stages", "made", MADE.isoformat())
    return EvaluationRecord(*named, {}, {"1e-4": point}, [adults], pad=pad)


def weakness(pad: Any) -> str | None:
    return weakness_of(record_with(pad), "1e-4", moment=MADE)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"flat_print": Rate(7, 100)}, "attacked flat-print"),
        ({"flat_print": NOT_MEASURED}, "attacked flat-print"),
        ({"rendered_head": Rate(99, 100)}, None),
    ],
)
@pytest.mark.requirement("S9.2-03")
def test_t25_a_record_by_which_a_claimed_attack_passes_vouches_for_no_face(
    change: dict[str, Rate], expected: str | None
) -> None:
    assert weakness(evidence(**change).as_json()) == expected


@pytest.mark.requirement("S9.2-03")
def test_t25_a_record_that_refuses_people_or_measured_no_pad_vouches_for_no_face() -> None:
    good = evidence().as_json()
    assert weakness(replace(evidence(), people={"bona-fide": Rate(6, 100)}).as_json()) == "attacked bona-fide"
    for odd in (None, {}, "pad", good | {"people": []}, good | {"attacks": ["x"]}, good | {"attacks": None}):
        assert weakness(odd) == "pad-not-measured"
    assert weakness(good | {"attacks": [{"species": "x", "claimed": True}]}) == "attacked x"


def test_the_report_tells_what_was_not_measured() -> None:
    part = evidence(flat_print=NOT_MEASURED, rendered_head=Rate(99, 100)).as_json()
    text = as_text(record_with(part), [], [GroupRates("adults", 9, True)])
    assert "| flat-print | yes | APCER not measured, n = 0 | measured in 0 tries of 60 |" in text
    assert "| rendered-head | no | APCER 99 % (94.6 %–100 %) of 100 | nothing claimed |" in text
    assert "| bona-fide | – | BPCER 0 % (0 %–3.62 %) of 100 | passes |" in text
    assert "- PAD measured at x: x" in text
    assert "| adults | 9 | not measured, n = 0 |" in text


def test_the_command_writes_a_report_that_evaluate_reads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [*tries("bona-fide", "A", "bona-fide"), *tries("flat-print", "B", "bona-fide")]
    monkeypatch.setattr(evaluate_pad, "load_engine", lambda: SimpleNamespace(engine_id="test:1"))
    monkeypatch.setattr(evaluate_pad.EvaluatePad, "trials", lambda *_, **__: made)
    monkeypatch.setattr("sys.argv", ["manage.py", "evaluate-pad", "--recordings", "/somewhere/else/people"])
    labels = tmp_path / "labels.csv"
    labels.write_text("person,age\nA,adult\nB,adult\n", encoding="utf-8")
    path = tmp_path / "report"
    given: dict[str, Any] = {"recordings": tmp_path / "people", "report": path, "verbosity": 0}
    call_command(evaluate_pad.EvaluatePad(), **given)
    (about,) = read_reports([path], engine="test:1").measured
    assert about["command"] == "manage.py evaluate-pad --recordings people"
    assert (about["dataset"], about["commit"] != "") == ("people", True)
    call_command(evaluate_pad.EvaluatePad(), groups=labels, **given)
    (group,) = read_reports([path], engine="test:1").groups
    assert group == PadGroup("adult", 2, True, Rate(0, 1), Rate(1, 1))
    said = capsys.readouterr().out
    assert "adult, 2 people: BPCER 0 % (0 %–97.5 %) of 1, APCER of claimed attacks 100 %" in said
    assert failures(read_reports([path], engine="test:1").as_json())[-1] == "people: not measured"
    labels.write_text("nobody\n", encoding="utf-8")
    with pytest.raises(CommandError, match="needs a column named person"):
        call_command(evaluate_pad.EvaluatePad(), groups=labels, **given)
