"""Each PAD signal parts the attack that it is there for from a genuine answer."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from authsvc.biometrics.stages.pad import lids
from authsvc.biometrics.stages.pad.border import framing
from authsvc.biometrics.stages.pad.fusion import VETO, likelihood_ratio
from authsvc.biometrics.stages.pad.lids import blink
from authsvc.biometrics.stages.pad.light import LightResponse, light_response
from authsvc.biometrics.stages.pad.motion import smile
from authsvc.biometrics.stages.pad.observation import Observation
from authsvc.biometrics.stages.pad.relief import relief
from authsvc.biometrics.stages.pad.texture import banding, contrast, glare
from authsvc.biometrics.types import Step

from .synthetic import landmarks, observation

LIGHT = (
    Step("centre", 1000),
    Step("light", 600, colour="#ffffff"),
    Step("light", 600, colour="#101010"),
    Step("light", 600, colour="#2060ff"),
    Step("light", 600, colour="#ff7020"),
    Step("light", 600, colour="#20ff50"),
)
BLINK = (Step("centre", 1000), Step("blink", 1500), Step("centre", 900))
SMILE = (Step("centre", 1000), Step("smile", 1500), Step("centre", 900))


def lit(seen: Observation, *, sides: float, background: float, colours: str = "as shown") -> LightResponse:
    """Return the response of a face whose parts send back these shares of what the nose does."""
    plan = tuple(step for step in seen.plan if step.cue == "light")
    answered = [step.colour for step in plan]
    if colours == "another's":
        answered = [answered[2], answered[3], answered[4], answered[0], answered[1]]
    images = []
    for time, points in zip(seen.times, seen.landmarks, strict=True):
        image = np.full((480, 640, 3), 100.0)
        colour = next(
            (c for step, c in zip(plan, answered, strict=True) if step.start <= time < step.end), None
        )
        share = np.full((480, 640, 1), background)
        left, top = points.min(axis=0).astype(int)
        right, bottom = points.max(axis=0).astype(int)
        share[top:bottom, left:right] = sides
        x, y = points[29].astype(int)
        share[y - 12 : y + 12, x - 12 : x + 12] = 1.0
        gain = 1 + 0.3 * share * np.asarray(colour or (0, 0, 0))
        images.append((image * gain ** (1 / 2.2)).astype(np.uint8))
    found = light_response(replace(seen, images=tuple(images)))
    assert found is not None
    return found


def coloured() -> Observation:
    seen = observation(asked=LIGHT)
    plan = tuple(
        replace(cue, colour=None if step.colour is None else _rgb(step.colour))
        for cue, step in zip(seen.plan, LIGHT, strict=True)
    )
    return replace(seen, plan=plan)


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


@pytest.mark.requirement("S8.1-02")
def test_light_tells_the_asked_colours_from_anothers() -> None:
    right = lit(coloured(), sides=0.8, background=0.1)
    wrong = lit(coloured(), sides=0.8, background=0.1, colours="another's")
    assert likelihood_ratio("light", right.agreement) > 1
    assert likelihood_ratio("light", wrong.agreement) < -1


def test_sides_and_background_tell_a_head_from_a_picture_painted_evenly() -> None:
    head, painted = lit(coloured(), sides=0.8, background=0.1), lit(coloured(), sides=1.0, background=1.0)
    assert head.sides < 0.9 < painted.sides
    assert likelihood_ratio("background", head.background) > 0 > VETO
    assert likelihood_ratio("background", painted.background) <= VETO


def with_expression(seen: Observation, cue: str, change: np.ndarray) -> Observation:
    """Return the observation with 68×2 pixels added to the landmarks under a cue."""
    (step,) = seen.planned(cue)
    answered = (seen.times > step.start + 400) & (seen.times < step.end)
    return replace(seen, landmarks=seen.landmarks + answered[:, None, None] * change)


def drawn_face(closed: tuple[bool, bool] = (False, False)) -> np.ndarray:
    """Return a frame with brows, nose and eyes where `landmarks("head")` has them; lids closed or not."""
    points = landmarks("head")
    image = np.full((480, 640, 3), (190, 150, 130), np.uint8)
    image[:, 320:] = (170, 135, 118)
    for brow in (points[17:22], points[22:27]):
        cv2.polylines(image, [brow.astype(np.int32)], isClosed=False, color=(70, 50, 40), thickness=5)
    cv2.polylines(image, [points[27:36].astype(np.int32)], isClosed=False, color=(150, 115, 100), thickness=3)
    for eye, shut in zip((points[36:42], points[42:48]), closed, strict=True):
        corners = eye.astype(np.int32)
        if shut:
            cv2.polylines(image, [corners[[0, 5, 4, 3]]], isClosed=False, color=(90, 60, 50), thickness=2)
            continue
        cv2.fillConvexPoly(image, corners, (235, 230, 225))
        cv2.circle(image, eye.mean(axis=0).astype(int).tolist(), 5, (40, 30, 25), -1)
    return cv2.GaussianBlur(image, (0, 0), 1)


def watched(on_cue: np.ndarray, *, light: float = 1.0, change: np.ndarray | None = None) -> float:
    """Return the likelihood ratio of a blink, of a face that shows another picture for a moment on cue."""
    rng = np.random.default_rng(5)
    asked = observation(asked=BLINK)
    (cue,) = asked.planned("blink")
    shown = (asked.times > cue.start + 400) & (asked.times < cue.start + 900)
    assert shown.any()
    pictures = [light * on_cue if now else drawn_face() for now in shown]
    images = tuple(np.clip(p + rng.normal(0, 2, p.shape), 0, 255).astype(np.uint8) for p in pictures)
    # The synthetic person blinks by themselves now and then, which must not count.
    points = np.tile(landmarks("head"), (len(shown), 1, 1))
    if change is not None:
        points = points + shown[:, None, None] * change
    score = blink(replace(asked, images=images, landmarks=points))
    assert score is not None
    return likelihood_ratio("blink", score)


def lids_met() -> np.ndarray:
    """Return the 68×2 pixels by which a blink moves landmarks."""
    change, opened = np.zeros((68, 2)), landmarks("head")
    for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
        change[upper, 1] = 0.9 * (opened[lower, 1] - opened[upper, 1])
    return change


def across_eyes(breadth: int, colour: tuple[int, int, int]) -> np.ndarray:
    """Return the open-eyed face with a level bar before both eyes."""
    image, y = drawn_face(), int(landmarks("head")[36:48, 1].mean())
    image[y - breadth // 2 : y + breadth // 2] = colour
    return image


def folded() -> np.ndarray:
    """Return the open-eyed face on paper that is bent at the eyes."""
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    off = y - np.float32(landmarks("head")[36:48, 1].mean())
    lost = (off * np.exp(-((off / 25) ** 2))).astype(np.float32)
    return cv2.remap(drawn_face(), x, y + lost, cv2.INTER_LINEAR)


def test_blink_is_seen_by_landmarks_and_by_pixels_alone() -> None:
    opened, closed = drawn_face(), drawn_face((True, True))
    assert watched(opened) <= VETO
    assert watched(opened, change=lids_met()) > 1
    assert watched(closed) > 1


def test_blink_is_seen_though_the_brows_landmarks_slip_with_the_lids() -> None:
    slipped = np.zeros((68, 2))
    slipped[17:31] = (0, 14)
    seen = observation(asked=BLINK)
    (cue,) = seen.planned("blink")
    at = int(np.flatnonzero(seen.times > cue.start + 500)[0])
    points = np.tile(landmarks("head"), (len(seen.times), 1, 1))
    points[at] += slipped
    images = [drawn_face()] * len(seen.times)
    images[at] = drawn_face((True, True))
    score = blink(replace(seen, images=tuple(images), landmarks=points))
    assert score is not None
    assert likelihood_ratio("blink", score) > 1


def test_blink_in_other_light_is_a_blink_and_light_alone_is_none() -> None:
    assert watched(drawn_face((True, True)), light=0.7) > 1
    assert watched(drawn_face(), light=0.4) <= VETO


def test_one_eye_is_no_blink() -> None:
    assert watched(drawn_face((True, False))) <= VETO
    assert watched(drawn_face((False, True))) <= VETO


@pytest.mark.parametrize(
    "picture",
    [
        across_eyes(12, (30, 30, 60)),
        across_eyes(16, (130, 96, 84)),
        across_eyes(90, (185, 148, 128)),
        cv2.GaussianBlur(drawn_face(), (0, 0), 4),
        folded(),
    ],
    ids=["pen", "finger", "hand", "blur", "fold"],
)
def test_what_changes_the_eyes_and_what_lies_around_them_is_no_blink(picture: np.ndarray) -> None:
    assert watched(picture) <= VETO


def test_landmarks_that_slip_under_a_hand_are_no_blink() -> None:
    assert watched(across_eyes(90, (185, 148, 128)), change=lids_met()) <= VETO


def test_smile_is_seen_where_the_mouth_widens_on_cue() -> None:
    straight = observation(asked=SMILE, noise=0.1)
    change = np.zeros((68, 2))
    change[48, 0], change[54, 0] = -6, 6
    without, smiling = smile(straight), smile(with_expression(straight, "smile", change))
    assert without is not None
    assert smiling is not None
    assert likelihood_ratio("smile", without) < 0 < likelihood_ratio("smile", smiling)


def test_banding_sees_a_screens_refresh() -> None:
    seen = observation()
    rows = np.arange(480)[:, None, None]
    banded = tuple(
        np.clip(image + 9 * np.sin(2 * np.pi * rows / 160 + 1.7 * index), 0, 255).astype(np.uint8)
        for index, image in enumerate(seen.images)
    )
    live, filmed = banding(seen), banding(replace(seen, images=banded))
    assert live is not None
    assert filmed is not None
    assert filmed > live + 1


def test_contrast_of_ink_is_narrower_than_that_of_skin() -> None:
    seen = observation()
    deep = []
    for image, points in zip(seen.images, seen.landmarks, strict=True):
        drawn = image.copy()
        for eye in (points[36:42], points[42:48], points[17:22], points[22:27]):
            cv2.fillConvexPoly(drawn, cv2.convexHull(eye.astype(np.int32)), (4, 3, 3))
        deep.append(drawn)
    real = replace(seen, images=tuple(deep))
    ink = replace(seen, images=tuple((40 + 0.75 * image).astype(np.uint8) for image in deep))
    assert contrast(real) < contrast(ink) - 0.1


def test_glare_sees_a_lamp_in_glass() -> None:
    seen = observation()
    shining = []
    for image, points in zip(seen.images, seen.landmarks, strict=True):
        drawn = image.copy()
        cv2.circle(drawn, tuple(points[30].astype(int).tolist()), 25, (255, 255, 255), -1)
        shining.append(drawn)
    assert glare(replace(seen, images=tuple(shining))) > glare(seen) + 1


def test_framing_sees_the_edges_of_a_sheet() -> None:
    seen = observation()
    framed = []
    for image, points in zip(seen.images, seen.landmarks, strict=True):
        x, y = points[30].astype(int)
        drawn = np.full_like(image, 30)
        span = int(np.ptp(points[[36, 45], 0]))
        reach = np.s_[max(y - 2 * span, 4) : y + 2 * span, x - 2 * span : x + 2 * span]
        drawn[reach] = image[reach]
        framed.append(drawn)
    assert framing(replace(seen, images=tuple(framed))) > framing(seen) + 1.5


def test_rigidity_tells_a_head_from_a_bent_sheet() -> None:
    head, bent = (relief(observation(kind, noise=0.2)) for kind in ("head", "bent"))
    assert head is not None
    assert likelihood_ratio("rigidity", head.rigidity) > 0
    assert bent is None or likelihood_ratio("rigidity", bent.rigidity) < 0


def test_rigidity_takes_no_long_nose_for_a_nod() -> None:
    seen = observation("long-nosed", noise=0.2)
    assert abs(seen.neutral_pose[1]) > 10
    head = relief(seen)
    assert head is not None
    assert head.rigidity > 1.5


def test_rigidity_stands_on_most_frames_not_on_all() -> None:
    seen = observation(noise=0.2)
    slipped = seen.landmarks.copy()
    turned = np.flatnonzero(np.abs(seen.turns[:, 0]) > 15)[:2]
    slipped[turned, 17:27] -= (0, 25)
    clean, spoilt = relief(seen), relief(replace(seen, landmarks=slipped))
    assert clean is not None
    assert spoilt is not None
    assert likelihood_ratio("rigidity", spoilt.rigidity) > 0.8 * likelihood_ratio("rigidity", clean.rigidity)


def test_a_face_in_the_wrong_place_for_one_frame_is_no_movement() -> None:
    seen = observation(noise=0.2)
    slipped = seen.landmarks.copy()
    slipped[2] = landmarks("head", yaw=30)
    assert np.abs(replace(seen, landmarks=slipped).turns - seen.turns).max() < 4


def test_blink_that_cannot_be_told_at_a_later_cue_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twice = observation(asked=(*BLINK, Step("blink", 1500), Step("centre", 900)))
    images = tuple(drawn_face().astype(np.uint8) for _ in twice.times)
    told = iter([1.0, float("nan")])
    monkeypatch.setattr(lids, "eyes_lost", lambda observed, frames: np.full(len(frames), next(told)))
    score = blink(replace(twice, images=images))
    assert score is not None
    assert np.isnan(score)
