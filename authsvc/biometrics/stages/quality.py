"""Quality of one frame by ISO/IEC 29794-5: components from 0 to 100 under the standard's names, and one
score.

Only the components that need no model beyond landmarks are measured. Their mappings to 0-100 are sigmoids of
our own around the capture subject and process limits of the standard, not the reference implementation's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import head_pose
from authsvc.biometrics.types import Burst, FaceTrack, FrameFace, Image, QualityResult

Array = NDArray[np.float64]

HINTS: Final[Mapping[str, str]] = {
    "SingleFacePresent": "one-face",
    "InterEyeDistance": "closer",
    "HeadSize": "farther",
    "LeftwardCropOfTheFaceImage": "centre",
    "RightwardCropOfTheFaceImage": "centre",
    "MarginAboveOfTheFaceImage": "centre",
    "MarginBelowOfTheFaceImage": "centre",
    "HeadPoseYaw": "centre",
    "HeadPosePitch": "centre",
    "HeadPoseRoll": "centre",
    "Sharpness": "still",
    "EyesOpen": "eyes",
    "MouthClosed": "still",
    "IlluminationUniformity": "light",
    "LuminanceMean": "light",
    "UnderExposurePrevention": "light",
    "OverExposurePrevention": "light",
    "DynamicRange": "light",
    "NaturalColour": "light",
}
"""Component to the hint code of docs/protocol.md that helps against it."""

LEAST: Final[Mapping[str, float]] = {"SingleFacePresent": 50.0, "HeadSize": 20.0, "InterEyeDistance": 20.0}
"""Components with a limit of their own; every other one must reach LEAST_COMPONENT."""

LEAST_COMPONENT: Final = 10.0


def assess(burst: Burst, track: FaceTrack, *, minimum: float) -> QualityResult:
    """Returns the quality of a burst: acceptable where its better neutral frames reach `minimum` (0-100).

    Frames under another cue are not scored. Its score is the upper median of the neutral frames; components,
    worst and hint are those of the frame with that score. Without a face in any neutral frame the burst has
    score 0 and the hint `centre`.
    """
    measured = [_measured(burst, i, face) for i, face in enumerate(track.faces)]
    scores = [None if found is None else unified_score(found) for found in measured]
    neutral = [
        (score, found)
        for score, found in zip(scores, measured, strict=True)
        if score is not None and found is not None
    ]
    if not neutral:
        return QualityResult(0.0, tuple(scores), {}, False, "SingleFacePresent", "centre")
    score, found = sorted(neutral, key=lambda pair: pair[0])[len(neutral) // 2]
    worst = worst_component(found) or (None if score >= minimum else costliest_component(found))
    return QualityResult(score, tuple(scores), found, worst is None, worst, HINTS[worst] if worst else None)


def _measured(burst: Burst, index: int, face: FrameFace | None) -> dict[str, float] | None:
    frame = burst.frames[index]
    if face is None or burst.cue(frame) != "centre":
        return None
    faces = 1 if face.n_faces is None else face.n_faces
    landmarks = face.landmarks.astype(np.float64)
    return components(frame.rgb, landmarks, faces)


def components(image: Image, landmarks: Array, faces: int) -> dict[str, float]:
    """Returns the components of an RGB frame with 68×2 landmarks of its main face and the count of faces."""
    height, width = image.shape[:2]
    patch = _aligned(image, landmarks)
    found = {"SingleFacePresent": 100.0 if faces == 1 else 0.0}
    found |= _geometry(landmarks, width, height)
    found |= _expression(landmarks)
    found |= _light(patch)
    found["Sharpness"] = _rising(_sharpness(patch), 2.2, 0.35)
    found |= _pose(landmarks, width, height)
    return found


def unified_score(measured: Mapping[str, float]) -> float:
    """Returns the unified quality score, 0-100: a logistic of the components, fitted to false non-match.

    `manage.py evaluate --quality` fits the weights and draws the error-versus-discard curve, which
    docs/liveness.md shows. A component without a weight still has its limit.
    """
    return 100 / (1 + math.exp(sum(_costs(measured).values()) - UNIFIED_OFFSET))


def _costs(measured: Mapping[str, float]) -> dict[str, float]:
    return {name: weight * (1 - measured.get(name, 100.0) / 100) for name, weight in UNIFIED_WEIGHTS.items()}


def worst_component(measured: Mapping[str, float]) -> str | None:
    """Returns the component that falls furthest below its limit, or None where all reach theirs."""
    short = {name: value - LEAST.get(name, LEAST_COMPONENT) for name, value in measured.items()}
    name = min(short, key=lambda key: short[key])
    return name if short[name] < 0 else None


def costliest_component(measured: Mapping[str, float]) -> str:
    """Returns the component that costs the unified score most."""
    costs = _costs(measured)
    return max(costs, key=lambda name: costs[name])


UNIFIED_OFFSET: Final = 3.45
UNIFIED_WEIGHTS: Final[Mapping[str, float]] = {
    "HeadPoseYaw": 0.14,
    "HeadPosePitch": 1.41,
    "Sharpness": 1.92,
    "EyesOpen": 0.89,
    "OverExposurePrevention": 2.84,
    "DynamicRange": 1.73,
    "NaturalColour": 0.45,
    "SingleFacePresent": 6.0,
}


def _rising(value: float, middle: float, width: float) -> float:
    return 100 / (1 + math.exp(-max(min((value - middle) / width, 60.0), -60.0)))


def _geometry(landmarks: Array, width: int, height: int) -> dict[str, float]:
    left, top = landmarks.min(axis=0)
    right, bottom = landmarks.max(axis=0)
    breadth = right - left
    eyes = landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)
    return {
        "InterEyeDistance": _rising(float(np.hypot(*eyes)), 36.0, 6.0),
        "HeadSize": _rising(-float(bottom - top) / height, -0.72, 0.05),
        "LeftwardCropOfTheFaceImage": _rising(float(left / breadth), 0.0, 0.05),
        "RightwardCropOfTheFaceImage": _rising(float((width - right) / breadth), 0.0, 0.05),
        "MarginAboveOfTheFaceImage": _rising(float(top / breadth), 0.05, 0.05),
        "MarginBelowOfTheFaceImage": _rising(float((height - bottom) / breadth), -0.05, 0.05),
    }


def _pose(landmarks: Array, width: int, height: int) -> dict[str, float]:
    pose = head_pose(landmarks, width, height)
    # 29794-5 maps an angle by the square of its cosine; doubling the angle makes 45 degrees the zero.
    share = {"Yaw": pose.yaw, "Pitch": pose.pitch, "Roll": pose.roll}
    return {
        f"HeadPose{n}": 100 * math.cos(math.radians(min(2 * abs(a), 90.0))) ** 2 for n, a in share.items()
    }


def _expression(landmarks: Array) -> dict[str, float]:
    openness = np.mean(
        [_aspect(landmarks, eye) for eye in ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))]
    )
    gap = np.hypot(*(landmarks[66] - landmarks[62]))
    breadth = np.hypot(*(landmarks[54] - landmarks[48]))
    return {
        "EyesOpen": _rising(float(openness), 0.15, 0.02),
        "MouthClosed": _rising(-float(gap / max(breadth, 1e-6)), -0.38, 0.06),
    }


def _aspect(landmarks: Array, eye: tuple[int, ...]) -> float:
    outer, top1, top2, inner, low2, low1 = landmarks[list(eye)]
    rise = np.hypot(*(top1 - low1)) + np.hypot(*(top2 - low2))
    return float(rise / (2 * max(np.hypot(*(outer - inner)), 1e-6)))


def _aligned(image: Image, landmarks: Array) -> Image:
    """Returns the face as 96×96 RGB, with its eyes level at a quarter of the height."""
    left, right = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    across = (right - left) / 44.0
    turn = np.array([[across[0], across[1]], [-across[1], across[0]]]) / float(across @ across)
    matrix = np.column_stack([turn, (26.0, 26.0) - turn @ left])
    return np.asarray(cv2.warpAffine(image, matrix, (96, 96), flags=cv2.INTER_LINEAR), np.uint8)


def _light(patch: Image) -> dict[str, float]:
    grey = patch.mean(axis=2)
    half = grey[20:80, 14:48].mean(), grey[20:80, 48:82].mean()
    counts = np.histogram(grey, 256, (0, 256))[0] / grey.size
    entropy = -float((counts[counts > 0] * np.log2(counts[counts > 0])).sum())
    red, green, blue = patch[20:80, 20:76].reshape(-1, 3).mean(axis=0) + 1.0
    cast = max(abs(math.log(red / green) - 0.25), abs(math.log(blue / green) + 0.12))
    mean = float(grey.mean())
    return {
        "IlluminationUniformity": _rising(float(min(half) / max(max(half), 1.0)), 0.42, 0.08),
        "LuminanceMean": min(_rising(mean, 45.0, 8.0), _rising(-mean, -222.0, 8.0)),
        "UnderExposurePrevention": _rising(-float((grey < 20).mean()), -0.45, 0.06),
        "OverExposurePrevention": _rising(-float((grey > 248).mean()), -0.30, 0.05),
        "DynamicRange": _rising(entropy, 5.2, 0.35),
        "NaturalColour": _rising(-cast, -0.75, 0.1),
    }


def _sharpness(patch: Image) -> float:
    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
    return math.log(float(cv2.Laplacian(grey[16:80, 16:80], cv2.CV_32F).std()) + 1e-3)
