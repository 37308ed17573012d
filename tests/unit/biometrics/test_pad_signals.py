"""Each PAD signal parts the attack that it is there for from a genuine answer."""

from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from authsvc.biometrics.challenges import COLOURS
from authsvc.biometrics.stages.pad import lids, light
from authsvc.biometrics.stages.pad.assessment import LIT, judge
from authsvc.biometrics.stages.pad.border import framing
from authsvc.biometrics.stages.pad.continuity import steadiness
from authsvc.biometrics.stages.pad.eyes import restless_eyes
from authsvc.biometrics.stages.pad.fusion import VETO, likelihood_ratio
from authsvc.biometrics.stages.pad.lids import blink
from authsvc.biometrics.stages.pad.light import LightResponse, light_response
from authsvc.biometrics.stages.pad.motion import smile
from authsvc.biometrics.stages.pad.observation import Observation
from authsvc.biometrics.stages.pad.relief import relief
from authsvc.biometrics.stages.pad.texture import banding, contrast, glare
from authsvc.biometrics.types import Step
from tests.campaign import Size

from .synthetic import landmarks, observation

LIGHT = (
    Step("centre", 1000),
    Step("light", 600, colour="#ffffff"),
    Step("light", 600, colour="#00ff00"),
    Step("light", 600, colour="#0000ff"),
    Step("light", 600, colour="#ff6868"),
)
SWEPT = (
    Step("centre", 500, colour="#ffffff"),
    Step("left", 400, 22, "#00ff00"),
    Step("left", 600, 22, "#0000ff"),
    Step("up", 400, 15, "#ff00ff"),
    Step("up", 600, 15, "#ffff00"),
    Step("right", 400, 22, "#00ffff"),
    Step("right", 600, 22, "#ff6868"),
)
BLINK = (Step("centre", 1000), Step("blink", 1500), Step("centre", 900))
SMILE = (Step("centre", 1000), Step("smile", 1500), Step("centre", 900))


ROOM = np.array([1.0, 0.8, 0.7], np.float32) * np.float32(0.1)
NOISE = np.random.default_rng(6).normal(0, 2, (500, 640, 3)).astype(np.float32)


def lit(
    seen: Observation,
    *,
    gain: float = 0.3,
    sides: float = 0.6,
    eyes: float = 1.0,
    background: float = 0.1,
    colours: tuple[int, ...] = (0, 1, 2, 3),
    delay: float = 80.0,
    exposure: float = 0.0,
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Observation:
    """Return the observation in a room whose parts send back these shares of what the nose does.

    `colours` are places in the plan, `tint` is how much stronger the screen is than the room; `exposure` is
    how far the camera makes up for the light.
    """
    plan = seen.lit
    images = []
    for number, (time, points) in enumerate(zip(seen.times, seen.landmarks, strict=True)):
        at = [k for k, step in enumerate(plan) if step.start <= time - delay < step.end]
        colour = np.zeros(3) if not at else np.array(plan[colours[at[0]]].colour) ** 2.2
        added = (gain * colour * tint).astype(np.float32)
        share = _share(points, sides=sides, eyes=eyes, background=background)
        levels = np.unique(share)
        lit_room = ROOM * (1 + levels[:, None] * added) / (1 + exposure * gain * colour.mean())
        scene = (255 * lit_room ** (1 / 2.2)).astype(np.float32)[np.searchsorted(levels, share)]
        images.append(np.clip(scene + NOISE[number % 20 : number % 20 + 480], 0, 255).astype(np.uint8))
    return replace(seen, images=tuple(images))


def _share(points: np.ndarray, *, sides: float, eyes: float, background: float) -> np.ndarray:
    share = np.full((480, 640), background, np.float32)
    cv2.fillConvexPoly(share, cv2.convexHull((points * 1.0).astype(np.int32)), sides)
    left, right = points[[4, 12], 0] * 0.7 + points[30, 0] * 0.3
    top = int(points[19, 1]) - 60
    share[top : int(points[8, 1]), int(left) : int(right)] = 1.0
    for eye in (points[36:42], points[42:48]):
        x, y = eye.mean(axis=0).astype(int)
        share[y - 10 : y + 10, x - 16 : x + 16] = eyes
    return share


def answered(**room: Any) -> LightResponse:
    found = light_response(lit(coloured(), **room))
    assert found is not None
    return found


@cache
def coloured() -> Observation:
    return observation(asked=LIGHT, noise=0.2)


@cache
def swept() -> Observation:
    return lit(observation(asked=SWEPT, noise=0.2, every=120.0), colours=tuple(range(len(SWEPT))))


@pytest.mark.requirement("S8.1-02")
def test_the_light_is_read_under_a_head_that_moves() -> None:
    seen = swept()
    assert np.ptp(seen.turns, axis=0).min() > 10
    found = light_response(seen)
    assert found is not None
    assert found.answered
    assert found.lead > 0.02
    assert judge(seen).reason != "light-unseen"


@pytest.mark.requirement("S8.1-02")
def test_the_light_is_read_before_a_wall_that_changes_from_frame_to_frame() -> None:
    """A wall that comes nearer with the phone changes colour faster than a camera makes up for."""
    rng, seen = np.random.default_rng(4), swept()
    images = []
    for image, points in zip(seen.images, seen.landmarks, strict=True):
        hull, face = cv2.convexHull(points.astype(np.float32))[:, 0], np.zeros(image.shape[:2], np.uint8)
        middle = hull.mean(axis=0)
        cv2.fillConvexPoly(face, (middle + (hull - middle) * 1.3).astype(np.int32), 1)
        wall = np.clip(image * rng.uniform(0.85, 1.15, 3), 0, 255).astype(np.uint8)
        images.append(np.where(face[..., None] > 0, image, wall))
    found = light_response(replace(seen, images=tuple(images)))
    assert found is not None
    assert found.answered


@pytest.mark.requirement("S8.1-02", "S9.2-04")
@pytest.mark.parametrize("step", range(1, 7))
def test_t07_one_other_colour_under_a_movement_is_no_answer(step: int) -> None:
    seen = swept()
    was = seen.plan[step].colour
    taken = {cue.colour for cue in seen.plan[step - 1 : step + 2]}
    for colour in {_rgb(colour) for colour in COLOURS} - taken:
        plan = tuple(replace(cue, colour=colour) if cue.colour == was else cue for cue in seen.plan)
        found = light_response(replace(seen, plan=plan))
        assert found is not None
        assert not found.answered, (colour, found)


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


@pytest.mark.requirement("S8.1-02")
@pytest.mark.parametrize(
    "room",
    [{}, {"gain": 0.08}, {"exposure": 0.8}, {"tint": (0.5, 0.9, 2.0)}, {"delay": 250.0}],
    ids=["dim", "bright", "exposure follows", "warm lamps", "slow display"],
)
def test_a_face_answers_the_screens_colours_in_every_room(room: dict[str, Any]) -> None:
    found = answered(**room)
    assert found.answered, found
    ratios = {name: likelihood_ratio(name, score) for name, score in light.scores_of(found).items()}
    assert ratios.keys() == set(LIT)
    assert min(ratios.values()) > VETO
    assert ratios["light"] > 1
    assert ratios["order"] > 1


@pytest.mark.requirement("S8.1-02")
@pytest.mark.parametrize(
    "colours",
    [(2, 3, 0, 1), (0, 1, 3, 2), (3, 1, 2, 0), (1, 1, 1, 0)],
    ids=["shifted", "two", "ends", "others"],
)
def test_other_colours_object(colours: tuple[int, ...]) -> None:
    found = answered(colours=colours)
    assert not found.answered
    assert likelihood_ratio("order", light.scores_of(found)["order"]) <= VETO


@pytest.mark.requirement("S8.1-02")
@pytest.mark.parametrize("delay", [-250.0, 550.0, 700.0])
def test_the_right_colours_at_another_time_object(delay: float) -> None:
    found = answered(delay=delay)
    assert not found.answered
    assert likelihood_ratio("order", light.scores_of(found)["order"]) <= VETO


@pytest.mark.requirement("S8.1-02")
def test_a_picture_that_changes_colour_as_a_whole_objects() -> None:
    painted = answered(sides=1.0, background=1.0)
    assert likelihood_ratio("background", light.scores_of(painted)["background"]) <= VETO


@pytest.mark.requirement("S8.1-02")
def test_a_region_without_light_objects() -> None:
    pasted = answered(eyes=0.0)
    assert pasted.answered
    assert likelihood_ratio("weakest", pasted.weakest) < -1
    assert likelihood_ratio("weakest", answered().weakest) > 0


@pytest.mark.requirement("S8.1-02", "S6.2-02")
def test_where_no_light_comes_back_the_burst_says_nothing_and_is_asked_for_again() -> None:
    dark = lit(coloured(), gain=0.0)
    found = light_response(dark)
    assert found is not None
    assert light.scores_of(found) == {}
    result = judge(dark)
    assert (result.verdict, result.reason, result.hint) == ("non-response", "light-unseen", "darker")
    assert judge(lit(coloured())).reason != "light-unseen"


def test_light_never_falls_by_chance_where_there_is_none(size: Size) -> None:
    """Faces whose colours wander at random, as sensors and movement make them: 1 % from frame to frame."""
    seen, rng = coloured(), np.random.default_rng(8)
    levels, dark = np.arange(256), lit(seen, gain=0.0).images
    answers = 0
    for _ in range(size("faces", sample=20, whole=300)):
        wander = np.exp(rng.normal(0, 0.01, (len(dark), 3)).cumsum(axis=0))
        tables = np.clip(levels[None, :, None] * wander[:, None], 0, 255).astype(np.uint8)
        images = tuple(cv2.LUT(image, table[None]) for image, table in zip(dark, tables, strict=True))
        found = light_response(replace(seen, images=images))
        assert found is not None
        answers += found.answered
    assert answers == 0


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


def at_rest(*pictures: np.ndarray) -> Observation:
    """Return a burst of somebody who holds still, over which these pictures are shown in turn."""
    seen, rng = observation(asked=BLINK), np.random.default_rng(3)
    shown = [pictures[index % len(pictures)] for index in range(len(seen.times))]
    images = tuple(np.clip(one + rng.normal(0, 2, one.shape), 0, 255).astype(np.uint8) for one in shown)
    return replace(seen, images=images, landmarks=np.tile(landmarks("head"), (len(images), 1, 1)))


def another_face() -> np.ndarray:
    """Return a face with other brows, a beard and no nose to speak of, its eyes in the same place."""
    points, image = landmarks("head"), drawn_face()
    left, top = points[[17, 27]].min(axis=0).astype(int)
    image[top - 6 : top + 14, left : left + 110] = (185, 148, 128)
    cv2.fillConvexPoly(image, points[[3, 5, 8, 11, 13, 33]].astype(np.int32), (60, 45, 40))
    cv2.fillConvexPoly(image, points[27:36].astype(np.int32), (120, 90, 80))
    return cv2.GaussianBlur(image, (0, 0), 1)


def beside(picture: np.ndarray, across: float, down: float, inside: np.ndarray | None = None) -> np.ndarray:
    """Return the picture moved by so many pixels, inside a mask alone where there is one."""
    matrix = np.array([[1.0, 0.0, across], [0.0, 1.0, down]])
    moved = cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    return moved if inside is None else np.where(inside[..., None], moved, picture)


def eyes_mask() -> np.ndarray:
    inside = np.zeros((480, 640), bool)
    for eye in (slice(36, 42), slice(42, 48)):
        x, y = landmarks("head")[eye].mean(axis=0).astype(int)
        inside[y - 11 : y + 11, x - 18 : x + 18] = True
    return inside


@pytest.mark.requirement("S8.1-02")
def test_two_faces_in_turn_are_not_steady_and_one_that_trembles_is() -> None:
    one, two = at_rest(drawn_face()), at_rest(drawn_face(), another_face(), another_face())
    trembling = at_rest(drawn_face(), beside(drawn_face(), 2, 1), beside(drawn_face(), -1, 2))
    ratios = [likelihood_ratio("steadiness", steadiness(seen) or 0.0) for seen in (one, trembling, two)]
    assert ratios[0] > 0
    assert ratios[1] > 0
    assert ratios[2] <= VETO


@pytest.mark.requirement("S8.1-02")
def test_eyes_laid_over_each_frame_anew_are_restless_and_a_face_that_slips_is_not() -> None:
    places = ((0, 0), (2.5, -1), (-2, 2), (1, 2.5), (-2.5, -1.5))
    laid = at_rest(*(beside(drawn_face(), x, y, eyes_mask()) for x, y in places))
    slipping = at_rest(*(beside(drawn_face(), x, y) for x, y in places))
    restless, whole = restless_eyes(laid), restless_eyes(slipping)
    assert restless is not None
    assert whole is not None
    assert likelihood_ratio("eyes", whole) > VETO
    assert likelihood_ratio("eyes", restless) <= VETO
