"""What stretching a picture, laying light on it, or pasting eyes leaves behind, on a head that nobody has."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from authsvc.biometrics.stages.pad import shading as shading_of
from authsvc.biometrics.stages.pad.assessment import judge
from authsvc.biometrics.stages.pad.fusion import VETO, likelihood_ratio
from authsvc.biometrics.stages.pad.observation import Observation, PlannedCue
from authsvc.biometrics.stages.pad.pasting import pasting
from authsvc.biometrics.stages.pad.shading import shading
from authsvc.biometrics.stages.pad.stretching import stretching
from devtools.laboratory.attacks.camera import Camera
from devtools.laboratory.attacks.composites import Manner
from devtools.laboratory.attacks.driving import Performer
from devtools.laboratory.attacks.puppetry import painted, warped
from devtools.laboratory.attacks.scene import HEIGHT, WIDTH, Image
from devtools.rendering.mesh import FOCAL, LANDMARKS, MARGIN, head_on
from devtools.rendering.motion import HeadState
from devtools.rendering.render import render_scene

Plan = tuple[PlannedCue, ...]

CAMERA = Camera(1.0, (1.0, 1.0, 1.0), 0.5, 1.5, 90)
REST = HeadState(0, 0, 0, 0, 0, 0, (0, 0), (0, 0, 0))
COLOURS = ((1.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 1.0))
TURNS = (PlannedCue("centre", 0, 800), PlannedCue("left", 800, 1600, 22), PlannedCue("right", 1600, 2400, 22))
YAWS = (0, 0, 0, 0, 20, 22, 22, -4, -20, -22, -22)
TIMES = tuple(100.0 + 210 * i for i in range(len(YAWS)))


def performer(
    states: list[HeadState], times: tuple[float, ...], plan: Plan, pattern: float = 40
) -> Performer:
    """Return a head with some pattern on it, in grey levels, in these states."""
    rng = np.random.default_rng(5)
    size = (HEIGHT + 2 * MARGIN, WIDTH + 2 * MARGIN)
    points = LANDMARKS + np.array([0.0, -20.0, 430.0])
    marks = points[:, :2] / points[:, 2:] * FOCAL + (size[1] / 2, size[0] / 2)
    rough = cv2.GaussianBlur(rng.normal(0, 1, (*size, 3)).astype(np.float32), (0, 0), 3)
    canvas = np.clip(125 + pattern * rough / rough.std(), 60, 190).astype(np.uint8)
    return Performer(head_on(canvas, marks.astype(np.float32)), plan, np.array(times), tuple(states))


def seen(who: Performer, images: list[Image]) -> Observation:
    """Return what PAD reads of frames with exact landmarks, after a camera."""
    rng = np.random.default_rng(1)
    taken = tuple(CAMERA.sense(image, rng) for image in images)
    features = np.tile(np.eye(8)[0], (len(images), 1))
    return Observation(taken, who.marks, who.times, who.plan, features, 1.0)


def filmed(who: Performer) -> list[Image]:
    """Return the RGB frames that show the head."""
    return [cv2.convertScaleAbs(render_scene(who.head, state))[..., ::-1] for state in who.states]


@cache
def turned(*, stretched: bool, pattern: float = 40) -> Observation:
    """Return a turn to both sides, by a head or by its first frame."""
    states = [replace(REST, yaw=yaw, pitch=0.2 * i) for i, yaw in enumerate(YAWS)]
    who = performer(states, TIMES, TURNS, pattern)
    images = filmed(who)
    if stretched:
        mask = np.ones((HEIGHT, WIDTH), np.float32)
        images = [warped(images[0], mask, marks, who.marks[0], "held")[0] for marks in who.marks]
    return seen(who, images)


@pytest.mark.requirement("S8.1-02")
def test_a_picture_stretched_after_landmarks_is_told_from_a_head_that_turns() -> None:
    head, sheet = (stretching(turned(stretched=stretched)) for stretched in (False, True))
    assert head is not None
    assert sheet is not None
    assert likelihood_ratio("stretching", head) > 0
    assert likelihood_ratio("stretching", sheet) <= VETO
    assert "stretching" in judge(turned(stretched=True)).reason.split()


def test_a_forehead_without_any_pattern_says_nothing() -> None:
    assert stretching(turned(stretched=True, pattern=0.2)) is None


def test_a_head_that_never_moves_says_nothing_of_stretching() -> None:
    burst = turned(stretched=True)
    still = [0, 1, 2, 3]
    few = replace(burst, images=burst.images[:4], landmarks=burst.landmarks[still], times=burst.times[still])
    assert stretching(few) is None


@cache
def lit(*, gain: float | None) -> Observation:
    """Return a head that turns under colours: shaded by it, or laid on alike with some gain."""
    plan: Plan = (PlannedCue("centre", 0, 400, 0, (1.0, 1.0, 1.0)),)
    for i, colour in enumerate(COLOURS * 2):
        plan += (PlannedCue("left" if i % 4 < 2 else "right", plan[-1].end, plan[-1].end + 400, 22, colour),)
    times = tuple(float(t) for t in np.arange(60, plan[-1].end, 130))
    shown = [next(step for step in reversed(plan) if step.start <= max(t - 90, 0)) for t in times]
    yaws = [{"left": 20.0, "right": -20.0}.get(step.cue, 0.0) for step in shown]
    lights = [tuple(part**2.2 for part in step.colour or ()) for step in shown]
    falling = lights if gain is None else [REST.light] * len(lights)
    states = [replace(REST, yaw=yaw, light=light) for yaw, light in zip(yaws, falling, strict=True)]
    who = performer(states, times, plan)
    images = filmed(who)
    if gain is not None:
        head = [mask for _, mask in who.film()]
        laid = zip(images, head, lights, strict=True)
        images = [painted(image, mask, np.array(light), gain) for image, mask, light in laid]
    return seen(who, images)


@pytest.mark.requirement("S8.1-02")
def test_light_that_is_laid_on_alike_is_told_from_light_that_a_head_shades() -> None:
    shaded, even = shading(lit(gain=None)), shading(lit(gain=0.25))
    assert shaded is not None
    assert even is not None
    assert likelihood_ratio("shading", shaded) > 0
    assert likelihood_ratio("shading", even) <= VETO


def without_doubt(monkeypatch: pytest.MonkeyPatch, burst: Observation) -> tuple[float, float]:
    """Return the shading of a burst with what it leaves in doubt, and without."""
    believed = shading(burst)
    monkeypatch.setattr(shading_of, "_DOUBT", 0.0)
    strict = shading(burst)
    assert believed is not None
    assert strict is not None
    return believed, strict


def test_what_a_burst_leaves_in_doubt_is_believed_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    believed, strict = without_doubt(monkeypatch, lit(gain=None))
    assert strict < believed < strict + 0.2


def test_noise_that_is_laid_over_a_picture_is_believed_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, burst = np.random.default_rng(8), lit(gain=0.25)
    images = []
    for image in burst.images:
        tint = cv2.resize(1 + 0.5 * rng.uniform(-1, 1, (24, 32, 3)), image.shape[1::-1])
        images.append(np.clip(image * tint, 0, 255).astype(np.uint8))
    noisy = replace(burst, images=tuple(images))
    monkeypatch.setattr(shading_of, "_DOUBT", 50.0)
    believed, strict = without_doubt(monkeypatch, noisy)
    assert believed == pytest.approx(strict + shading_of._MOST_DOUBT)


def test_light_that_does_not_come_back_says_nothing_of_its_shading() -> None:
    assert shading(lit(gain=0.0)) is None
    assert shading(turned(stretched=False)) is None


@cache
def at_rest(*, laid: bool) -> Observation:
    """Return a head that trembles, with its own eyes or with others laid over each frame."""
    rng, manner = np.random.default_rng(3), Manner(1.4, 0.05, True)
    states = [replace(REST, yaw=0.4 * i, pitch=-0.3 * i, nearer=1.5 * i) for i in range(6)]
    who = performer(states, TIMES[:6], TURNS)
    images = filmed(who)
    for i, marks in enumerate(who.marks if laid else ()):
        for eye in (slice(36, 42), slice(42, 48)):
            middle = marks[eye].mean(axis=0)
            outline = middle + (marks[eye] - middle) * (1.8, 3.2)
            images[i] = manner.laid(images[i], marks[eye], images[0], who.marks[0, eye], outline, rng)
    return seen(who, images)


@pytest.mark.requirement("S8.1-02")
def test_eyes_laid_over_each_frame_move_on_the_face_that_they_lie_in() -> None:
    own, pasted = pasting(at_rest(laid=False)), pasting(at_rest(laid=True))
    assert own is not None
    assert pasted is not None
    assert likelihood_ratio("pasting", own) > 0
    assert likelihood_ratio("pasting", pasted) <= VETO


def test_few_frames_at_rest_say_nothing_of_pasting() -> None:
    burst = at_rest(laid=True)
    few = replace(burst, images=burst.images[:3], landmarks=burst.landmarks[:3], times=burst.times[:3])
    assert pasting(few) is None
