"""Quality of one frame by ISO/IEC 29794-5: components from 0 to 100 under the standard's names, and one
score.

Only the components that need no model beyond landmarks are measured. Their mappings to 0-100 are sigmoids of
our own around the capture subject and process limits of the standard, not the reference implementation's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median_high
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics import covering
from authsvc.biometrics.headpose import camera_matrix, head_pose
from authsvc.biometrics.types import Burst, FaceTrack, FrameFace, Image, QualityResult

Array = NDArray[np.float64]

HINTS: Final[Mapping[str, str]] = {
    "SingleFacePresent": "one-face",
    "InterEyeDistance": "closer",
    "HeadSize": "farther",
    "EyesVisible": "glasses",
    "EyeGlarePrevention": "glasses",
    "MouthOcclusionPrevention": "mask",
    "NoHeadCoverings": "forehead",
    "BackLightPrevention": "backlight",
    "LeftwardCropOfTheFaceImage": "centre",
    "RightwardCropOfTheFaceImage": "centre",
    "MarginAboveOfTheFaceImage": "centre",
    "MarginBelowOfTheFaceImage": "centre",
    "HeadPoseYaw": "straight",
    "HeadPosePitch": "straight",
    "HeadPoseRoll": "upright",
    "Sharpness": "still",
    "EyesOpen": "eyes",
    "MouthClosed": "still",
    "IlluminationUniformity": "light",
    "LuminanceMean": "light",
    "UnderExposurePrevention": "light",
    "OverExposurePrevention": "dimmer",
    "DynamicRange": "light",
    "NaturalColour": "light",
}
"""Component to the hint code of docs/protocol.md that helps against it."""

LEAST: Final[Mapping[str, float]] = {
    "SingleFacePresent": 50.0,
    "HeadSize": 20.0,
    "InterEyeDistance": 20.0,
    # Dark skin in a dim room is judged, and doubtful: a mean of 11 grey levels, with an entropy of 4.1 bits.
    "LuminanceMean": 1.5,
    "DynamicRange": 4.0,
    "UnderExposurePrevention": 0.0,
    "HeadPoseYaw": 70.0,  # 16.6 degrees
    "HeadPoseRoll": 40.0,  # 25.4 degrees
    "NaturalColour": 0.0,  # coloured light is evened; it only explains
}
"""Components with a limit of their own; every other one must reach LEAST_COMPONENT."""

LEAST_COMPONENT: Final = 10.0

LEAST_CERTAIN: Final = 50.0
"""Below this a doubtful component explains what liveness detection objects to."""

_NEAR_THE_BORDER: Final = 90.0  # a margin of a ninth of the face's breadth, over which a turn reaches

DOUBTFUL: Final[Mapping[str, float]] = {
    "EyesVisible": LEAST_CERTAIN,
    "EyeGlarePrevention": LEAST_CERTAIN,
    "MouthOcclusionPrevention": LEAST_CERTAIN,
    "NoHeadCoverings": LEAST_CERTAIN,
    "BackLightPrevention": LEAST_CERTAIN,
    "OverExposurePrevention": LEAST_CERTAIN,
    "UnderExposurePrevention": LEAST_CERTAIN,
    "LuminanceMean": LEAST_CERTAIN,
    "IlluminationUniformity": LEAST_CERTAIN,
    "DynamicRange": LEAST_CERTAIN,
    "NaturalColour": LEAST_CERTAIN,
    "LeftwardCropOfTheFaceImage": _NEAR_THE_BORDER,
    "RightwardCropOfTheFaceImage": _NEAR_THE_BORDER,
    "InterEyeDistance": LEAST_CERTAIN,
    "HeadPoseRoll": 83.0,  # 12 degrees
    "HeadPoseYaw": 83.0,
    "HeadPosePitch": LEAST_CERTAIN,  # 22 degrees
    "Sharpness": LEAST_CERTAIN,
}
"""Components that can mislead liveness detection about a person, in the order of what causes what, and the
value below which they explain what it objects to.
"""

_BURNT: Final = ("OverExposurePrevention", 95.0)
_COVERED: Final = tuple((name, LEAST_CERTAIN) for name in ("EyesVisible", "EyeGlarePrevention"))
_LIT: Final = tuple((name, LEAST_CERTAIN) for name in ("BackLightPrevention", "LuminanceMean"))

CAUSES: Final[Mapping[str, tuple[tuple[str, float], ...]]] = {
    "HeadPoseYaw": tuple((f"{side}wardCropOfTheFaceImage", _NEAR_THE_BORDER) for side in ("Left", "Right")),
    **dict.fromkeys(("Sharpness", "DynamicRange", "UnderExposurePrevention"), (_BURNT, *_LIT)),
    "LuminanceMean": (_BURNT, *_LIT[:1]),
    # Where a seventh of a face is burnt out, its colours say nothing of what covers it.
    **dict.fromkeys(("EyesVisible", "MouthOcclusionPrevention", "NoHeadCoverings"), (_BURNT,)),
    "EyesOpen": _COVERED,
    # A bright mask dims the picture, beside which bare lids look blown out.
    "EyeGlarePrevention": (("MouthOcclusionPrevention", 10.0),),
}
"""Component to those that lower it too: where one of them is below its value, the hint is for that."""

DARK_FRAME: Final = 30.0
BURNT_FRAME: Final = 0.25
"""Of a frame in which no face is found: mean grey level below which, and burnt-out share above which, the
light is why.
"""

_MIDDLE: Final = np.s_[38:134, 16:112]
"""Of the level face: 96×96, with the eyes at a quarter of the height, without crown and ears."""


def assess(burst: Burst, track: FaceTrack, *, minimum: float) -> QualityResult:
    """Returns the quality of a burst: acceptable where its better neutral frames reach `minimum` (0-100).

    Frames under another cue are not scored. Its score is the upper median of the neutral frames. Components
    are upper medians over those before the first movement, of which none can show a head that still comes
    back from a turn; over all neutral ones where none of them shows the face. Without a face in any neutral
    frame the burst has score 0 and the hint `centre`.
    """
    measured = [_measured(burst, i, face) for i, face in enumerate(track.faces)]
    scores = [None if found is None else unified_score(found) for found in measured]
    neutral = [score for score in scores if score is not None]
    if not neutral:
        return QualityResult(0.0, tuple(scores), {}, False, "SingleFacePresent", "centre")
    score, found = median_high(neutral), _at_rest(burst, measured)
    worst = worst_component(found) or (None if score >= minimum else costliest_component(found))
    worst = None if worst is None else cause_of(worst, found)
    hint, doubt = _hint(worst), _hint(doubtful_component(found))
    return QualityResult(score, tuple(scores), found, worst is None, worst, hint, doubt)


def _at_rest(burst: Burst, measured: Sequence[dict[str, float] | None]) -> dict[str, float]:
    seen = [(frame.step, found) for frame, found in zip(burst.frames, measured, strict=True) if found]
    first = [found for step, found in seen if step == 0] or [found for _, found in seen]
    return {name: median_high(found[name] for found in first) for name in first[0]}


def _hint(component: str | None) -> str | None:
    return None if component is None else HINTS[component]


def hint_for(measured: Mapping[str, float]) -> str | None:
    """Return the hint for the component that falls furthest below its limit, None where all reach theirs."""
    worst = worst_component(measured)
    return None if worst is None else HINTS[cause_of(worst, measured)]


def hint_unseen(image: Image) -> str | None:
    """Return the hint where a frame in which no face was found is too dark or burnt out, None otherwise."""
    if float(image.mean()) < DARK_FRAME:
        return "light"
    return "dimmer" if float((image.min(axis=2) > 248).mean()) > BURNT_FRAME else None


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
    face = covering.level(image, landmarks)
    patch = face[_MIDDLE]
    found = {"SingleFacePresent": 100.0 if faces == 1 else 0.0}
    found |= _geometry(landmarks, width, height)
    found |= _expression(landmarks)
    found |= _light(patch)
    found |= _covering(face)
    found["BackLightPrevention"] = _rising(-covering.light_behind(image, landmarks, face), -1.0, 0.55)
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


def doubtful_component(measured: Mapping[str, float]) -> str | None:
    """Return the first of DOUBTFUL that is below its value, None where none is."""
    return next((name for name, least in DOUBTFUL.items() if measured.get(name, 100.0) < least), None)


def cause_of(component: str, measured: Mapping[str, float]) -> str:
    """Return what lowers a component: another one that is low itself and would, or itself."""
    causes = (name for name, below in CAUSES.get(component, ()) if measured.get(name, 100.0) < below)
    return next(causes, component)


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
    # Who looks at the camera from the border of its picture is turned by as much as they sit aside.
    sight = math.degrees(math.atan2(landmarks[:, 0].mean() - width / 2, camera_matrix(width, height)[0, 0]))
    # 29794-5 maps an angle by the square of its cosine; doubling the angle makes 45 degrees the zero.
    share = {"Yaw": pose.yaw + sight, "Pitch": pose.pitch, "Roll": pose.roll}
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


def _covering(face: Image) -> dict[str, float]:
    colours = covering.colours_of(face)
    return {
        "EyesVisible": _rising(-covering.eyes_covered(colours), -0.40, 0.03),
        "MouthOcclusionPrevention": _mouth(covering.mouth_covered(colours), covering.lips_seen(colours)),
        "NoHeadCoverings": _rising(-covering.forehead_covered(colours), -0.30, 0.04),
        "EyeGlarePrevention": _rising(-covering.glare(face), -0.03, 0.004),
    }


def _mouth(apart: float, lips: float) -> float:
    """Return the component: another colour than above, or a slightly other one in which no lips are seen."""
    plain = max(_rising(lips, 0.10, 0.01), _rising(-apart, -0.16, 0.01))
    return min(_rising(-apart, -0.31, 0.02), plain)


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
        "LuminanceMean": _rising(mean, 45.0, 8.0),
        "UnderExposurePrevention": _rising(-float((grey < 20).mean()), -0.45, 0.06),
        # Skin burns out in red first: its mean is high long before all of its colours are full.
        "OverExposurePrevention": min(
            _rising(-float((grey > 248).mean()), -0.30, 0.05), _rising(-mean, -222.0, 8.0)
        ),
        "DynamicRange": _rising(entropy, 5.2, 0.35),
        "NaturalColour": _rising(-cast, -0.75, 0.1),
    }


def _sharpness(patch: Image) -> float:
    grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
    return math.log(float(cv2.Laplacian(grey[16:80, 16:80], cv2.CV_32F).std()) + 1e-3)
