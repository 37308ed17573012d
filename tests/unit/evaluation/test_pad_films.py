"""Films that were made at leisure are cut so that they answer a challenge, and judged as bursts are."""

import json
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from authsvc.biometrics.challenges import SIDES
from authsvc.biometrics.types import Image, Step
from authsvc.evaluation.pad_films import Film, Instruction, cut
from authsvc.evaluation.pad_manifest import read_recordings
from devtools.laboratory.attacks.camera import Camera
from devtools.laboratory.attacks.screens import Screen
from devtools.rendering.face3d import load_head
from devtools.rendering.motion import Performance
from devtools.rendering.render import render_scene

CUES = ("centre", "left", "centre", "right", "up", "down", "nearer", "farther", "centre")
EACH, FPS = 900, 10
STEPS: list[dict[str, Any]] = [
    {"cue": cue, "ms": EACH} | ({"degrees": 22} if cue in SIDES else {}) for cue in CUES
]
TOLD = [step | {"t": EACH * i} for i, step in enumerate([*STEPS, {"cue": "end"}])]


def counted(cues: tuple[str, ...] = CUES) -> Film:
    """Return a film whose pictures are as grey as their number."""
    count = len(cues) * EACH * FPS // 1000
    images = tuple(np.full((2, 2, 3), number, np.uint8) for number in range(count))
    told = tuple(Instruction(cue, EACH * i, EACH * i + EACH) for i, cue in enumerate(cues))
    return Film(images, np.arange(count) * 1000.0 / FPS, told)


def numbers(images: tuple[Image, ...]) -> list[int]:
    return [int(image[0, 0, 0]) for image in images]


def test_each_step_shows_what_was_told_under_its_cue() -> None:
    film = counted()
    for seed in range(20):
        answer = cut(film, Random(seed))
        assert all(np.diff(answer.times) > 0)
        for step in answer.plan:
            inside = (answer.times >= step.start) & (answer.times < step.end)
            shown = [n for n, now in zip(numbers(answer.images), inside, strict=True) if now]
            told = {film.instructions[n * 1000 // FPS // EACH].cue for n in shown}
            assert told == {step.cue}
            assert step.end - step.start <= EACH


def test_a_film_is_cut_alike_every_time_and_differently_by_its_place() -> None:
    once, again, other = (numbers(cut(counted(), Random(seed)).images) for seed in (1, 1, 2))
    assert once == again != other


def test_a_step_is_taken_from_after_the_cue_that_comes_before_it() -> None:
    film, left = counted(("centre", "left", "right", "left", "up", "left")), Step("left", EACH, 22)
    assert film.part(left, "right").start == 3 * EACH
    assert film.part(left, "down").start == EACH


def test_a_film_that_shows_too_little_is_said_to() -> None:
    with pytest.raises(ValueError, match="no challenge"):
        cut(counted(("centre", "up")), Random(1))


def a_screen_is_filmed(folder: Path, photograph: Path, *, stream: bool) -> None:
    """Film a screen on which a person does what they are told, into a folder of JPEGs or an MJPEG file."""
    rng = np.random.default_rng(3)
    read = cv2.imread(str(photograph))
    assert read is not None
    head, told = load_head(read), Performance(STEPS, rng)
    screen, camera = Screen.drawn(rng), Camera.drawn(rng)
    (folder / "film").mkdir()
    files = []
    for number, t in enumerate(np.arange(0, told.duration, 1000 / FPS)):
        shown = cv2.convertScaleAbs(render_scene(head, told.at(float(t))))[..., ::-1]
        taken = screen.filmed(screen.shown(shown), camera, rng)
        files.append(cv2.imencode(".jpg", taken[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
        (folder / "film" / f"{number:04}.jpg").write_bytes(files[-1])
    (folder / "film.mjpeg").write_bytes(b"".join(files))
    entry = {"species": "right-cue-video", "subject": "one", "fps": FPS, "instructions": TOLD}
    entry["film"] = "film.mjpeg" if stream else "film"
    (folder / "manifest.json").write_text(json.dumps([entry]), encoding="utf-8")


@pytest.mark.needs("photos")
@pytest.mark.requirement("S8.1-01")
def test_the_film_of_a_screen_is_judged_by_the_command(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_screen_is_filmed(tmp_path, photos / "obama" / "01.jpg", stream=True)
    ((species, subject, recording),) = read_recordings(tmp_path)
    assert (species, subject) == ("right-cue-video", "one")
    assert recording.plan[0].cue == "centre"
    call_command("evaluate-pad", str(tmp_path))
    assert "| right-cue-video | yes | 1 | APCER" in capsys.readouterr().out
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps([manifest[0] | {"film": "film"}]), encoding="utf-8")
    ((_, _, same),) = read_recordings(tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(same.images, recording.images, strict=True))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"film": "../elsewhere"}, "lies outside"),
        ({"film": "nothing.mjpeg"}, "nothing.mjpeg"),
        ({"film": "empty.mjpeg"}, "no pictures"),
        ({"film": "broken.mjpeg"}, "no picture"),
        ({"fps": None}, "entry 0"),
        ({"instructions": None}, "entry 0"),
    ],
)
def test_a_film_that_cannot_be_read_is_named(tmp_path: Path, fields: dict[str, object], problem: str) -> None:
    (tmp_path / "empty.mjpeg").write_bytes(b"")
    (tmp_path / "broken.mjpeg").write_bytes(b"\xff\xd8\xff\x00\xff\xd9")
    picture = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    (tmp_path / "good.mjpeg").write_bytes(picture * 3)
    entry = {"species": "x", "subject": "y", "film": "good.mjpeg", "fps": FPS, "instructions": TOLD}
    (tmp_path / "manifest.json").write_text(json.dumps([entry | fields]), encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        list(read_recordings(tmp_path))
    with pytest.raises(CommandError, match=problem):
        call_command("evaluate-pad", recordings=tmp_path)
