"""Every species of the attack laboratory makes a burst, and the claimed ones are refused; a person is not."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command, get_commands

from authsvc.biometrics.challenges import WHITE
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.loading import load_engine
from authsvc.biometrics.stages.pad.observation import planned
from authsvc.biometrics.types import Challenge, Step
from authsvc.evaluation.pad_report import BONA_FIDE, CLAIMED
from authsvc.evaluation.pad_trials import judge_recording
from authsvc.evaluation.pad_tuning import RELEVANT
from devtools.laboratory.attacks import EITHER, MIXES, SPECIES, feigned_blink
from devtools.laboratory.attacks.camera import Camera
from devtools.laboratory.attacks.lights import another, colours_of, late, permuted, steady
from devtools.laboratory.attacks.recording import Material
from devtools.laboratory.attacks.scene import HEIGHT, WIDTH
from devtools.laboratory.attacks.screens import Screen
from devtools.laboratory.attacks.unlit import UNLIT
from devtools.laboratory.bona_fide import genuine
from devtools.laboratory.groups import PEOPLE, groups
from devtools.laboratory.subjects import Subject
from tests.campaign import Size, sampled

pytestmark = pytest.mark.needs("photos")

TURN = (
    Step("centre", 1000),
    Step("right", 1400, 24),
    Step("up", 1400, 15),
    Step("left", 1400, 22),
    Step("centre", 900),
)
OTHER = (TURN[0], TURN[3], Step("nearer", 1400), TURN[1], TURN[4])
LIT = (
    Step("centre", 520, colour=WHITE),
    Step("right", 400, 24, "#0000ff"),
    Step("right", 900, 24, "#ffff00", least=400),
    Step("up", 400, 15, "#ff00ff"),
    Step("up", 900, 15, "#00ff00", least=400),
    Step("left", 400, 22, "#ff6868"),
    Step("left", 900, 22, "#00ffff", least=400),
)
BLINK = (Step("blink", 1500), Step("centre", 500))
ASKED = {name: LIT if "light" in mix else (*TURN, *BLINK) for name, mix in MIXES.items()}


# One that is printed, bent, worn, shown on a screen, cut together, lit wrongly, puppeteered or made of paper.
FEW = ("flat-print", "print-on-head", "swapped-each-frame", "late-light", "puppet-on-screen")
UNCLAIMED = {*("rendered-head", "head-puppet", "even-light", "pasted-eyes", "layered-paper", "other-head")}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine()


def subject(path: Path, engine: Engine) -> Subject:
    read = cv2.imread(str(path))
    assert read is not None
    photo = np.ascontiguousarray(read[..., ::-1])
    box = engine.detect(photo, thorough=True)[0]
    return Subject(path.parent.name, photo, engine.landmarks(photo, box).astype(np.float64))


def material(photos: Path, engine: Engine, *, seed: int, steps: tuple[Step, ...] = TURN) -> Material:
    rng = np.random.default_rng(seed)
    target, attacker = (subject(photos / name / "01.jpg", engine) for name in ("obama", "biden"))
    plan, other = (planned(Challenge("", asked)) for asked in (steps, OTHER))
    return Material(target.photo, target.placed(rng), attacker.placed(rng), plan, other, rng)


@pytest.mark.requirement("S8.1-01", "S8.1-02")
@pytest.mark.parametrize(
    "species", sampled({name: name for name in sorted(SPECIES.keys() - UNLIT.keys())}, *FEW)
)
def test_a_species_makes_frames_on_a_clock_and_is_refused_where_claimed(
    photos: Path, engine: Engine, species: str
) -> None:
    steps = ASKED.get(species, TURN)
    recording = SPECIES[species](material(photos, engine, seed=4, steps=steps))
    assert len(recording.images) == len(recording.times)
    assert all(np.diff(recording.times) > 0)
    assert {image.shape for image in recording.images} == {(HEIGHT, WIDTH, 3)}
    assert np.mean([image.std() for image in recording.images]) > 15
    trial = judge_recording(species, "obama", recording, engine)
    assert not (trial.accepted and species in CLAIMED), (trial.verdict, trial.reason, trial.llr)


@pytest.mark.requirement("S9.2-04")
@pytest.mark.parametrize("steps", [TURN, OTHER, LIT], ids=["turn", "nearer", "light"])
def test_the_software_phones_person_is_bona_fide(
    photos: Path, engine: Engine, steps: tuple[Step, ...], size: Size
) -> None:
    for seed in range(size("tries", sample=1, whole=10)):
        recording = genuine(material(photos, engine, seed=seed, steps=steps))
        trial = judge_recording("bona-fide", "obama", recording, engine)
        assert trial.accepted, (seed, trial.verdict, trial.reason, trial.llr)


@pytest.mark.requirement("S9.2-04")
def test_blink_and_smile_on_cue_are_bona_fide(photos: Path, engine: Engine) -> None:
    steps = (*TURN, Step("blink", 1500), Step("centre", 500), Step("smile", 1500), Step("centre", 500))
    recording = genuine(material(photos, engine, seed=1, steps=steps))
    trial = judge_recording("bona-fide", "obama", recording, engine)
    assert trial.accepted, (trial.verdict, trial.reason, trial.llr)


def test_attackers_light_is_another_than_asked(photos: Path, engine: Engine) -> None:
    asked = material(photos, engine, seed=4, steps=LIT)
    colours = colours_of(asked.plan)
    assert colours_of(permuted(asked)) != colours
    assert sorted(colours_of(permuted(asked))) == sorted(colours)
    assert colours_of(another(asked)) != colours
    assert set(colours_of(steady(0.0)(asked))) == {(0.0, 0.0, 0.0)}
    shown = late(asked)
    for cue in asked.plan:
        within = [one for one in shown if cue.start <= (one.start + one.end) / 2 < cue.end]
        assert {one.cue for one in within} == {cue.cue}
        came = min((one.start for one in shown if one.colour == cue.colour), default=np.inf)
        assert cue is asked.plan[0] or 450 <= came - cue.start <= 900 or asked.plan[-1].end < cue.start + 900


@pytest.mark.requirement("S8.1-02")
@pytest.mark.parametrize("species", ["no-light", "unlit-person"])
def test_no_light_ever_passes_for_light(photos: Path, engine: Engine, species: str, size: Size) -> None:
    """The light part by itself, whatever else speaks for the head."""
    for seed in range(size("heads", sample=1, whole=300)):
        recording = SPECIES[species](material(photos, engine, seed=seed, steps=LIT))
        trial = judge_recording(species, "obama", recording, engine)
        assert "light" not in trial.scores
        assert not trial.accepted


def test_each_species_that_carries_light_has_one_without() -> None:
    assert {name.removeprefix("unlit-") for name in UNLIT} == EITHER
    assert {MIXES[name] for name in UNLIT} == {("turn", "light")}


def test_what_is_played_on_a_screen_is_the_film_through_display_lens_and_sensor() -> None:
    """A grid finer than the sensor leaves moiré or nothing, a coarse one itself; black is lifted."""
    frame, camera = np.full((HEIGHT, WIDTH, 3), 128, np.uint8), Camera(1.0, (1.0, 1.0, 1.0), 0.5, 0.0, 100)
    screen = Screen(1.0, (1.0, 1.0, 1.0), 0.02, 0.4, 0.02, 0.0, (0.0, 0.0, 20.0, 0.0), 0)
    rng = np.random.default_rng(1)
    fine, coarse = (
        replace(screen, pitch=pitch).filmed(screen.shown(frame), camera, rng).astype(float).std(axis=(0, 1))
        for pitch in (0.4, 4.0)
    )
    assert fine.max() < 1 < 5 < coarse.min()
    assert screen.shown(np.zeros_like(frame)).max() > 30
    bands = replace(screen, band=0.1).filmed(frame, camera, rng).mean(axis=(1, 2))
    assert np.ptp(bands) > 5


@pytest.mark.parametrize(
    "name", sampled({name: name for name in sorted(feigned_blink.TRICKS)}, "folded", "opened")
)
def test_a_trick_is_played_on_cue_and_only_then(
    photos: Path, engine: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feigned_blink, "TRICKS", {name: feigned_blink.TRICKS[name]})
    steps = (*TURN, *BLINK)
    played = feigned_blink.make(material(photos, engine, seed=4, steps=steps))
    monkeypatch.setattr(feigned_blink, "_on_cue", lambda recording, rng: np.zeros(len(recording.times), bool))
    plain = feigned_blink.make(material(photos, engine, seed=4, steps=steps))
    (cue,) = (one for one in played.plan if one.cue == "blink")
    changed = np.array(
        [np.abs(a.astype(int) - b).mean() for a, b in zip(played.images, plain.images, strict=True)]
    )
    under = (played.times >= cue.start) & (played.times <= cue.end)
    assert changed[under].max() > 0.05
    assert changed[~under].max() == 0


@pytest.mark.parametrize(("name", "dark_on_cue"), [("pen", True), ("opened", False)])
def test_a_trick_ends_on_cue_where_it_is_reversed(
    photos: Path, engine: Engine, name: str, dark_on_cue: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    black = lambda subject, rng: np.zeros_like(subject.texture, np.float32)  # noqa: E731
    monkeypatch.setattr(feigned_blink, "TRICKS", {name: black})
    monkeypatch.setattr(feigned_blink, "_on_cue", lambda recording, rng: np.arange(len(recording.times)) == 0)
    recording = feigned_blink.make(material(photos, engine, seed=4, steps=(*TURN, *BLINK)))
    assert bool(recording.images[0].mean() < recording.images[1].mean()) is dark_on_cue


def test_attacks_are_asked_for_a_blink_where_the_command_says_so() -> None:
    plain, beside = ({name: mix for name, _, mix in groups(None, part)} for part in (None, "blink"))
    assert (plain["flat-print"], beside["flat-print"]) == (("turn",), ("turn", "blink"))
    assert plain["painted-light"] == beside["painted-light"]
    assert plain["bona-fide"] == beside["bona-fide"] == ("turn",)


def test_a_species_that_answers_without_light_is_tried_with_the_turn_alone_where_asked() -> None:
    usual, alone = ({name: mix for name, _, mix in groups(None, None, alone=one)} for one in (False, True))
    assert {name for name in usual if usual[name] != alone[name]} == EITHER
    assert {alone[name] for name in EITHER} == {("turn",)}


def test_a_chosen_species_stands_for_all_that_begin_with_its_name() -> None:
    assert [name for name, _, _ in groups(["bona-fide"], None)] == list(PEOPLE)
    assert [name for name, _, _ in groups(["flat-print", "cut-out"], None)] == ["flat-print", "cut-out"]


@pytest.mark.requirement("S8.1-01")
def test_every_species_is_claimed_but_heads_that_answer_all_that_is_asked() -> None:
    assert SPECIES.keys() - CLAIMED == UNCLAIMED | UNLIT.keys()
    assert set(SPECIES) >= CLAIMED
    assert {name for names in RELEVANT.values() for name in names} <= set(SPECIES)
    assert all(name.startswith(BONA_FIDE) for name in PEOPLE)


def test_the_laboratory_widens_the_command_of_the_evaluation() -> None:
    assert get_commands()["evaluate-pad"] == "devtools.laboratory"


def test_the_command_makes_tries_and_goes_on_where_it_was(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two people on the same side of the split; a second run makes only the tries that are missing."""
    for name in ("one", "two", "three", "four", "five", "six"):
        (tmp_path / "people" / name).mkdir(parents=True)
        shown = "obama" if len(name) % 2 else "biden"
        (tmp_path / "people" / name / "01.jpg").write_bytes((photos / shown / "01.jpg").read_bytes())
    asked = {"generate": tmp_path / "people", "species": ["flat-print"], "resume": tmp_path / "log"}
    call_command("evaluate-pad", tries=1, **asked)
    first = (tmp_path / "log").read_text(encoding="utf-8")
    call_command("evaluate-pad", tries=2, report=tmp_path / "report.json", **asked)
    second = (tmp_path / "log").read_text(encoding="utf-8")
    assert second.startswith(first)
    assert len(second.splitlines()) == 3
    assert "| flat-print | yes | 2 | APCER" in capsys.readouterr().out
    (row,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["rows"]
    assert (row["species"], row["error"]["total"]) == ("flat-print", 2)
    with pytest.raises(CommandError, match="other conditions"):
        call_command("evaluate-pad", tries=2, seed=5, **asked)
