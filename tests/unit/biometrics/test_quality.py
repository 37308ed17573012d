"""Quality components: each controlled degradation moves its own."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from authsvc.biometrics.stages import quality
from authsvc.biometrics.types import FaceTrack
from authsvc.evaluation import occluders

from .synthetic import TURN, burst, face_image, landmarks

ROOT = Path(__file__).resolve().parents[3]
Cover = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def textured(seed: int = 2) -> np.ndarray:
    coarse = np.random.default_rng(seed).normal(0, 35, (120, 160, 1))
    pattern = cv2.resize(coarse, (640, 480))[..., None]
    return np.clip(face_image(np.random.default_rng(seed)) + pattern, 0, 255).astype(np.uint8)


GOOD = quality.components(textured(), landmarks("head"), 1)


@pytest.mark.requirement("S9.2-08")
def test_good_frame_has_no_short_component() -> None:
    assert quality.worst_component(GOOD) is None
    assert quality.unified_score(GOOD) > 50


@pytest.mark.requirement("S9.2-08")
@pytest.mark.parametrize(
    ("image", "points", "faces", "component", "hint"),
    [
        (textured(), landmarks("head"), 2, "SingleFacePresent", "one-face"),
        (textured(), landmarks("head", yaw=40), 1, "HeadPoseYaw", "straight"),
        (textured(), landmarks("head", pitch=42), 1, "HeadPosePitch", "straight"),
        (textured(), landmarks("head", nearer=-1400), 1, "InterEyeDistance", "closer"),
        (textured(), landmarks("head", nearer=330), 1, "HeadSize", "farther"),
        (textured() // 12, landmarks("head"), 1, "UnderExposurePrevention", "light"),
        (textured() | 250, landmarks("head"), 1, "OverExposurePrevention", "dimmer"),
        (cv2.GaussianBlur(textured(), (0, 0), 12), landmarks("head"), 1, "Sharpness", "still"),
        (textured() * np.array([1, 0.2, 0.2]), landmarks("head"), 1, "NaturalColour", "light"),
        (textured(), landmarks("head") - (260, 0), 1, "LeftwardCropOfTheFaceImage", "centre"),
    ],
)
def test_degradation_lowers_its_component(
    image: np.ndarray, points: np.ndarray, faces: int, component: str, hint: str
) -> None:
    found = quality.components(image.astype(np.uint8), points, faces)
    assert found[component] < 25 < GOOD[component]
    assert quality.HINTS[component] == hint


CROWN_TO_CHIN = 229 / 142
"""How much higher a head is than its landmarks, brows to chin, as devtools/rendering/mesh.py has it."""


@pytest.mark.parametrize("fill", [0.5, 0.78, 0.88, 0.98])
@pytest.mark.parametrize("size", [(480, 640), (360, 480)])
def test_c01_a_head_that_fills_the_oval_is_near_enough_and_no_nearer(
    size: tuple[int, int], fill: float
) -> None:
    width, height = size
    points = landmarks("head")
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    points *= fill * height / CROWN_TO_CHIN / np.ptp(points[:, 1])
    found = quality.components(cv2.resize(textured(), size), points + np.array([width, height]) / 2, 1)
    assert found["HeadSize"] > 50
    placed = ("HeadSize", "InterEyeDistance", *(name for name in found if "OfTheFaceImage" in name))
    assert quality.worst_component({name: found[name] for name in placed}) is None


def test_closed_eyes_and_open_mouth() -> None:
    points = landmarks("head")
    points[[37, 38, 43, 44]] = points[[41, 40, 47, 46]]
    points[[65, 66, 67], 1] += 40
    found = quality.components(textured(), points, 1)
    assert found["EyesOpen"] < 5 < GOOD["EyesOpen"]
    assert found["MouthClosed"] < 5 < GOOD["MouthClosed"]


@pytest.mark.requirement("S9.2-08")
def test_burst_with_two_faces_asks_again_with_a_hint() -> None:
    sample, track, _ = burst("head")
    crowd = FaceTrack(tuple(replace(face, n_faces=2) for face in track.faces if face))
    result = quality.assess(sample, crowd, minimum=20)
    assert not result.acceptable
    assert (result.worst, result.hint) == ("SingleFacePresent", "one-face")


def test_burst_without_a_neutral_face_has_no_quality() -> None:
    sample, track, _ = burst("head")
    faces = [
        None if sample.cue(f) == "centre" else face
        for f, face in zip(sample.frames, track.faces, strict=True)
    ]
    result = quality.assess(sample, FaceTrack(tuple(faces)), minimum=0)
    assert not result.acceptable
    assert result.score == 0


def test_every_component_has_a_hint_of_the_protocol() -> None:
    (listed,) = re.findall(r"`hint` is one of (.*?)\. A refusal", (ROOT / "docs/protocol.md").read_text())
    assert GOOD.keys() == quality.HINTS.keys()
    assert set(quality.HINTS.values()) <= set(re.findall(r"`([^`]+)`", listed))


def skin() -> np.ndarray:
    """Return a picture all of skin, a little noisy; what is drawn on it is the only thing beside skin."""
    noise = np.random.default_rng(4).normal(0, 4, (480, 640, 1))
    return np.clip(np.array([205.0, 150.0, 125.0]) + noise, 0, 255).astype(np.uint8)


@pytest.mark.requirement("S9.2-08", "S10-11")
@pytest.mark.parametrize("shade", [1.0, 0.35])
@pytest.mark.parametrize(
    ("cover", "component", "hint"),
    [
        (occluders.masked, "MouthOcclusionPrevention", "mask"),
        (occluders.shaded, "EyesVisible", "glasses"),
        (occluders.glaring, "EyeGlarePrevention", "glasses"),
        (occluders.hatted, "NoHeadCoverings", "forehead"),
    ],
)
def test_a_cover_lowers_its_component_on_light_and_on_dark_skin(
    cover: Cover, component: str, hint: str, shade: float
) -> None:
    bare = (skin() * shade).astype(np.uint8)
    drawn = [cover(bare, landmarks("head"), np.random.default_rng(seed)) for seed in range(8)]
    free = quality.components(bare, landmarks("head"), 1)
    covered = [quality.components(one, landmarks("head"), 1) for one in drawn]
    low = sum(one[component] < quality.LEAST_CERTAIN for one in covered)
    assert free[component] > 90
    assert low >= 6, [round(one[component]) for one in covered]
    assert quality.HINTS[component] == hint


@pytest.mark.requirement("S9.2-08")
def test_a_beard_is_no_mask() -> None:
    bearded, lip = skin(), int(landmarks("head")[33, 1]) + 14
    bearded[lip:] = (50, 40, 35)
    found = quality.components(bearded, landmarks("head"), 1)
    assert found["MouthOcclusionPrevention"] > 90


@pytest.mark.requirement("S9.2-08")
@pytest.mark.parametrize(("lips", "covered"), [(None, True), ((150, 60, 60), False)])
def test_a_mask_of_nearly_the_faces_colour_is_told_by_its_missing_lips(
    lips: tuple[int, int, int] | None, covered: bool
) -> None:
    masked, points = skin(), landmarks("head")
    masked[int(points[29, 1]) :] = (200, 130, 118)
    if lips:
        cv2.fillConvexPoly(masked, np.round(points[48:60]).astype(np.int32), lips)
    found = quality.components(masked, points, 1)["MouthOcclusionPrevention"]
    assert (found < quality.LEAST_COMPONENT) == covered


@pytest.mark.requirement("S9.2-08")
def test_a_lamp_is_seen_in_glasses_below_which_landmarks_slipped() -> None:
    mirrored, points = skin(), landmarks("head")
    span = np.ptp(points[[36, 45], 0])
    for x, y in points[[37, 44]] - (0, 0.22 * span):
        cv2.ellipse(mirrored, ((x, y), (0.3 * span, 0.16 * span), 0), (250, 250, 250), -1)
    assert quality.hint_for(quality.components(mirrored, points, 1)) == "glasses"
    aside = (skin() * np.linspace(1.2, 0.3, 640)[None, :, None]).clip(0, 255).astype(np.uint8)
    assert quality.components(aside, points, 1)["EyeGlarePrevention"] > 90


@pytest.mark.requirement("S9.2-08")
def test_a_face_at_the_border_is_asked_to_the_middle_and_not_to_look_straight() -> None:
    aside = (landmarks("head") + np.array([x, 0]) for x in (190, 270))
    near, over = (quality.components(textured(), points, 1) for points in aside)
    assert quality.worst_component(near) is None
    assert near["HeadPoseYaw"] > 90
    assert quality.hint_for(over) == "centre"


@pytest.mark.requirement("S9.2-08")
def test_skin_burns_out_before_all_of_its_colours_are_full() -> None:
    red = np.minimum(skin() * 1.6, (255.0, 246.0, 236.0)).astype(np.uint8)
    found = quality.components(red, landmarks("head"), 1)
    assert found["OverExposurePrevention"] < quality.LEAST_CERTAIN < found["LuminanceMean"]


@pytest.mark.requirement("S9.2-08")
def test_coloured_light_is_no_reason_to_ask_again_and_explains() -> None:
    sunset = (textured() * np.array([1, 0.35, 0.15])).astype(np.uint8)
    found = quality.components(sunset, landmarks("head"), 1)
    assert found["NaturalColour"] < quality.LEAST_COMPONENT
    assert quality.worst_component(found) is None
    assert quality.doubtful_component(found) == "NaturalColour"


@pytest.mark.requirement("S9.2-08")
@pytest.mark.parametrize(("component", "value"), [("HeadPoseRoll", 80.0), ("HeadPoseYaw", 80.0)])
def test_a_head_held_a_little_askew_explains_what_liveness_objects_to(component: str, value: float) -> None:
    assert quality.worst_component({**GOOD, component: value}) is None
    assert quality.doubtful_component({**GOOD, component: value}) == component
    assert quality.doubtful_component({**GOOD, component: 90.0}) is None


@pytest.mark.requirement("S9.2-08")
def test_a_window_behind_is_told_from_a_white_wall() -> None:
    behind = np.full((480, 640, 3), 240, np.uint8)
    (x, y), reach = landmarks("head").mean(axis=0), np.ptp(landmarks("head")[:, 0])
    head = np.s_[int(y - 1.3 * reach) : 480, int(x - 0.75 * reach) : int(x + 0.75 * reach)]
    wall, window = behind.copy(), behind.copy()
    wall[head], window[head] = skin()[head], skin()[head] // 4
    wall_found, window_found = (quality.components(one, landmarks("head"), 1) for one in (wall, window))
    assert wall_found["BackLightPrevention"] > quality.LEAST_CERTAIN
    assert window_found["BackLightPrevention"] < quality.LEAST_CERTAIN
    assert quality.cause_of("Sharpness", window_found) == "BackLightPrevention"


@pytest.mark.parametrize(("yaw", "acceptable"), [(14, True), (19, False)])
def test_a_head_held_aside_is_asked_to_look_straight(yaw: float, acceptable: bool) -> None:
    found = quality.components(textured(), landmarks("head", yaw=yaw), 1)
    assert quality.worst_component(found) == (None if acceptable else "HeadPoseYaw")


@pytest.mark.parametrize(("roll", "acceptable"), [(20, True), (30, False)])
def test_a_head_held_askew_is_asked_to_be_upright(roll: float, acceptable: bool) -> None:
    matrix = cv2.getRotationMatrix2D((320, 240), -roll, 1.0)
    points = landmarks("head") @ matrix[:, :2].T + matrix[:, 2]
    found = quality.components(cv2.warpAffine(textured(), matrix, (640, 480)), points, 1)
    assert quality.worst_component(found) == (None if acceptable else "HeadPoseRoll")


@pytest.mark.requirement("S9.2-08")
def test_a_dark_picture_is_not_called_unsteady() -> None:
    """Little light lowers sharpness too, and the person is asked for light."""
    dark = {**GOOD, "Sharpness": 8.0, "DynamicRange": 30.0, "LuminanceMean": 25.0}
    worst = quality.worst_component(dark)
    assert worst == "Sharpness"
    assert quality.HINTS[quality.cause_of(worst, dark)] == "light"
    assert quality.cause_of(worst, {**dark, "LuminanceMean": 90.0}) == "Sharpness"
    burnt = {**GOOD, "EyesVisible": 1.0, "OverExposurePrevention": 90.0}
    assert quality.cause_of("EyesVisible", burnt) == "OverExposurePrevention"
    assert quality.cause_of("EyesVisible", {**burnt, "OverExposurePrevention": 99.0}) == "EyesVisible"


@pytest.mark.requirement("S9.2-08")
def test_a_frame_on_its_way_back_from_a_turn_spoils_no_component() -> None:
    sample, track, _ = burst("head")
    turned = landmarks("head", yaw=24).astype(np.float32)
    faces = [
        replace(face, landmarks=turned) if face and frame.step == len(TURN) - 1 else face
        for frame, face in zip(sample.frames, track.faces, strict=True)
    ]
    faces[:2] = [None, None]  # Most of what is left without a cue shows the head on its way.
    result = quality.assess(sample, FaceTrack(tuple(faces)), minimum=0)
    assert result.components["HeadPoseYaw"] > 90
    late = [face if frame.step else None for frame, face in zip(sample.frames, faces, strict=True)]
    result = quality.assess(sample, FaceTrack(tuple(late)), minimum=0)
    assert result.components["HeadPoseYaw"] < quality.LEAST["HeadPoseYaw"]


@pytest.mark.parametrize(("grey", "hint"), [(12, "light"), (120, None), (252, "dimmer")])
def test_a_frame_without_a_face_says_whether_light_is_why(grey: int, hint: str | None) -> None:
    assert quality.hint_unseen(np.full((480, 640, 3), grey, np.uint8)) == hint


@pytest.mark.requirement("S9.2-08")
def test_what_is_doubtful_is_said_and_nothing_else_is() -> None:
    assert quality.doubtful_component(GOOD) is None
    assert quality.doubtful_component({**GOOD, "LuminanceMean": 45.0, "Sharpness": 45.0}) == "LuminanceMean"
    assert quality.doubtful_component({**GOOD, "EyesOpen": 45.0, "MouthClosed": 45.0}) is None


@pytest.mark.requirement("S9.2-08")
def test_the_hint_is_for_what_costs_the_score_most() -> None:
    blurred = {**GOOD, "Sharpness": 12.0, "MouthClosed": 11.0, "HeadPoseYaw": 20.0}
    assert quality.costliest_component(blurred) == "Sharpness"


@pytest.mark.requirement("S9.2-08")
def test_a_score_that_is_no_number_is_not_acceptable(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, track, _ = burst()
    monkeypatch.setattr(quality, "unified_score", lambda measured: float("nan"))
    monkeypatch.setattr(quality, "worst_component", lambda measured: None)
    assert not quality.assess(sample, track, minimum=40.0).acceptable
