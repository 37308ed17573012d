"""Quality components: each controlled degradation moves its own."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from authsvc.biometrics.stages import quality
from authsvc.biometrics.types import FaceTrack

from .synthetic import burst, face_image, landmarks


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
        (textured(), landmarks("head", yaw=40), 1, "HeadPoseYaw", "centre"),
        (textured(), landmarks("head", pitch=42), 1, "HeadPosePitch", "centre"),
        (textured(), landmarks("head", nearer=-1400), 1, "InterEyeDistance", "closer"),
        (textured(), landmarks("head", nearer=330), 1, "HeadSize", "farther"),
        (textured() // 12, landmarks("head"), 1, "UnderExposurePrevention", "light"),
        (textured() | 250, landmarks("head"), 1, "OverExposurePrevention", "light"),
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
    codes = {"closer", "farther", "light", "centre", "still", "glasses", "one-face", "eyes", "follow"}
    assert GOOD.keys() <= quality.HINTS.keys()
    assert set(quality.HINTS.values()) <= codes


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
