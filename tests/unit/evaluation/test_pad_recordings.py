"""Real recordings are read, judged and reported, with or without the developers' tools."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from authsvc.evaluation.management.evaluate_pad import EvaluatePad
from authsvc.evaluation.pad_manifest import read_recordings
from authsvc.evaluation.pad_report import as_json, as_table, riapar, species_rows, worst_claimed
from authsvc.evaluation.pad_trials import Trial
from authsvc.evaluation.rates import Rate

ROOT = Path(__file__).resolve().parents[3]

WITHOUT_DEVTOOLS = """
import sys
sys.modules["devtools"] = None  # importing it fails
import config.settings.test as chosen
chosen.INSTALLED_APPS = [name for name in chosen.INSTALLED_APPS if not name.startswith("devtools")]
import django
django.setup()
from django.core.management import call_command
call_command("evaluate-pad", "--recordings", sys.argv[1])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of twelve grey frames, on which no face is."""
    rng = np.random.default_rng(1)
    frames = []
    for number in range(12):
        cv2.imwrite(str(tmp_path / f"{number}.png"), rng.integers(90, 120, (480, 640, 3), np.uint8))
        frames.append({"file": f"{number}.png", "t": 250.0 * number})
    steps = [{"cue": "centre", "ms": 1000}, {"cue": "left", "ms": 2000, "degrees": 20}]
    entry = {"species": "flat-print", "subject": "nobody", "steps": steps, "frames": frames}
    (tmp_path / "manifest.json").write_text(json.dumps([entry]), encoding="utf-8")
    return tmp_path


def change(folder: Path, **fields: Any) -> None:
    """Change fields of the recording in a folder."""
    path = folder / "manifest.json"
    (entry,) = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([entry | fields]), encoding="utf-8")


def test_a_recording_is_read_with_its_challenge(folder: Path) -> None:
    ((species, subject, recording),) = read_recordings(folder)
    assert (species, subject) == ("flat-print", "nobody")
    assert [image.shape for image in recording.images] == [(480, 640, 3)] * 12
    assert list(recording.times) == [250.0 * number for number in range(12)]
    assert [(cue.cue, cue.start, cue.end, cue.degrees) for cue in recording.plan] == [
        ("centre", 0, 1000, 0),
        ("left", 1000, 3000, 20),
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"frames": [{"file": "../outside.png", "t": 0}]}, "lies outside"),
        ({"frames": [{"file": "none.png", "t": 0}]}, "is no picture"),
        ({"frames": [{"file": "0.png"}]}, "entry 0 of the manifest: 't'"),
        ({"steps": [{"ms": 1}]}, "entry 0 of the manifest: 'cue'"),
    ],
)
def test_a_recording_that_cannot_be_read_is_named(folder: Path, fields: dict[str, Any], problem: str) -> None:
    change(folder, **fields)
    with pytest.raises(ValueError, match=problem):
        list(read_recordings(folder))
    with pytest.raises(CommandError, match=problem):
        call_command("evaluate-pad", recordings=folder)


def test_the_command_of_the_evaluation_knows_recordings_alone() -> None:
    options = EvaluatePad().create_parser("manage.py", "evaluate-pad").format_help()
    assert "--recordings" in options
    assert "--generate" not in options


@pytest.mark.needs("photos")
def test_recordings_are_judged_where_no_developers_tools_are_installed(folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_DEVTOOLS, str(folder)],
        cwd=ROOT,
        env={"PATH": "", "DJANGO_SETTINGS_MODULE": "config.settings.test", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "| flat-print | yes | 1 | APCER 0.0%" in run.stdout
    assert "Worst claimed species: flat-print" in run.stdout
    assert "| signal |" in run.stdout


def trial(species: str, verdict: str) -> Trial:
    return Trial(species, "nobody", verdict, "", 0.0, 0.002, {})


def test_attacks_err_by_passing_and_people_by_anything_else() -> None:
    verdicts = ["bona-fide", "attack", "non-response", "inconclusive"]
    rows = species_rows(
        [trial(name, verdict) for name in ("bona-fide", "flat-print", "unheard-of") for verdict in verdicts]
        + [trial("cut-out", "attack")]
    )
    assert [(row.species, row.claimed, row.error.count, row.error.total) for row in rows] == [
        ("bona-fide", False, 3, 4),
        ("flat-print", True, 1, 4),
        ("unheard-of", False, 1, 4),
        ("cut-out", True, 0, 1),
    ]
    assert {row.silent.count for row in rows[:3]} == {2}
    assert worst_claimed(rows).species == "flat-print"


def test_a_transaction_is_three_tries_of_one_subject() -> None:
    """An attack errs where one of the three passes, a person where none does; a rest of two is none."""
    tries = {
        "one": ["attack", "bona-fide", "attack", "attack", "attack", "attack", "bona-fide", "bona-fide"],
        "two": ["attack", "attack", "non-response"],
    }
    rows = species_rows(
        [
            replace(trial(species, verdict), subject=subject)
            for species in ("bona-fide", "flat-print")
            for subject, verdicts in tries.items()
            for verdict in verdicts
        ]
    )
    assert [(row.transactions.count, row.transactions.total) for row in rows] == [(2, 3), (1, 3)]


def test_riapar_is_what_gets_in_and_who_is_kept_out() -> None:
    """IAPAR and FRR, by the people who err most; without people there is none."""
    verdicts = {"bona-fide": 1, "bona-fide-light": 2, "flat-print": 3}
    rows = species_rows(
        [
            trial(species, "bona-fide" if number < passed else "attack")
            for species, passed in verdicts.items()
            for number in range(4)
        ]
    )
    assert [riapar(row, rows) for row in rows] == [None, None, 0.75 + 0.75]
    assert riapar(rows[2], rows[2:]) is None
    assert "| APCER 75.0% |" in as_table(rows)
    assert "| 150.0% |" in as_table(rows)
    assert [row["riapar"] for row in as_json(rows)] == [None, None, 1.5]


def test_intervals_are_exact() -> None:
    """Clopper and Pearson: no error in 300 tries allows 1.22 %."""
    assert Rate(0, 300).high == pytest.approx(1 - 0.025 ** (1 / 300))
    assert (Rate(0, 300).low, Rate(300, 300).high) == (0.0, 1.0)
    assert Rate(3, 30).low < 0.1 < Rate(3, 30).high
