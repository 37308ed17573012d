"""Planarity and parallax across the turn: is there a nose, or a sheet of paper?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import GENERIC_FACE, QUASI_RIGID, rotation

from .calibration import Calibration
from .following import Following
from .observation import TURNS, Array, Observation

CALIBRATIONS: Final = {
    "residual": Calibration(150.0, -5.2, -3.0, 2.0, 0.6),
    "relief": Calibration(8.0, -4.0, -5.0, 2.5, 1.0),
    "rigidity": Calibration(16.0, -6.0, -4.0, 3.0, 1.0),
    "share": Calibration(10.0, -3.0, -3.0, 2.0, 0.6),
    "perspective": Calibration(4.0, -1.2, -1.5, 1.0, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {}
FAILS: Final = {
    "residual": "a head that turns by little; a sheet that is bent as it turns",
    "relief": "a head of another shape than most; a picture on a head",
    "rigidity": "glasses and hair that hide the outline; a picture on a head",
    "share": "few landmarks that are certain, as in poor light",
    "perspective": "a long lens, under which a nearer face grows alike all over",
}

_LEAST_TURN: Final = 10.0
_BENDS: Final = ((75.0, 0), (90.0, 0), (120.0, 0), (180.0, 0), (90.0, 1), (150.0, 1))
"""Radius in millimetres and axis of the cylinders that a sheet is tried on."""

_ALL_OVER: Final = np.array([*range(17), *QUASI_RIGID])
_JITTER: Final = 1e-3
_FLOOR: Final = float(np.sin(np.radians(12.0)))


@dataclass(frozen=True, slots=True)
class Relief:
    """residual: of a homography, over eye span; gain: seen over predicted parallax; share: of what is left
    over.

    rigidity: natural logarithm of the best sheet's residual over that of a head with this person's outline.
    """

    residual: float
    gain: float
    share: float
    rigidity: float


def relief(observed: Observation) -> Relief | None:
    """Returns how much depth the turned frames show against the neutral, or None without a turn of 10
    degrees.

    Two measures over the quasi-rigid landmarks. The residual of a best homography is zero for any plane. The
    gain regresses the movement on a generic face's depth after everything quadratic in image position is
    taken out, which absorbs a sheet's tilt, its perspective, and a bend over a cylinder either way; 1 is a
    head that turned as far as asked, 0 a sheet. Rigidity asks which moved: a head with this person's neutral
    outline, or a plane; a sheet turned further than it looks foreshortens more than a head. All fail on masks
    and rendered heads, which have a face's relief.
    """
    turned = _turned_frames(observed)
    if not len(turned):
        return None
    neutral = observed.neutral_shape
    planes = np.array([_residual(neutral, observed.landmarks[i]) for i in turned])
    projector = _without(neutral[QUASI_RIGID], 2)
    gain, share = np.median([_parallax(observed, projector, int(i)) for i in turned], axis=0)
    return Relief(
        float(np.median(planes)), float(gain), float(share), _rigidity(observed, neutral, turned, planes)
    )


def perspective(observed: Observation) -> float | None:
    """Returns the growth of near parts over far parts as the face came nearer: 1 as a head, 0 as a sheet.

    None where no nearer or farther cue was answered by 8 % or more. Fails where the lens is long, since
    perspective then hardly changes: a weak signal.
    """
    moved = np.flatnonzero(np.abs(observed.growth) > 0.08)
    straight = moved[(np.abs(observed.turns[moved]) < 8).all(axis=1)]
    if not observed.planned("nearer", "farther") or len(straight) < 2:
        return None
    projector = _without(observed.neutral_shape[_ALL_OVER], 1)
    return float(np.median([_magnification(observed, projector, int(i)) for i in straight]))


def _turned_frames(observed: Observation) -> NDArray[np.intp]:
    size = np.hypot(*observed.turns.T)
    turned = np.flatnonzero(size >= max(_LEAST_TURN, 0.6 * float(size.max())))
    asked = [observed.under(cue) for cue in observed.planned(*TURNS)]
    return np.intersect1d(turned, np.concatenate(asked)) if asked else turned[:0]


def _eye_span(shape: Array) -> float:
    return float(np.hypot(*(shape[45] - shape[36])))


def _residual(neutral: Array, turned: Array) -> float:
    source, target = neutral[QUASI_RIGID], turned[QUASI_RIGID]
    homography, _ = cv2.findHomography(source, target, 0)
    if homography is None:
        return 0.0
    mapped = cv2.perspectiveTransform(source[None], homography)[0]
    return float(np.sqrt(((mapped - target) ** 2).sum(1).mean())) / _eye_span(neutral)


def _rigidity(observed: Observation, neutral: Array, turned: NDArray[np.intp], planes: Array) -> float:
    distance = observed.neutral_pose[3]
    bent = [observed.lifted(distance + _bend(observed, neutral, *form)) for form in _BENDS]
    errors = [[_misfit(observed, surface, int(i)) for surface in (observed.head, *bent)] for i in turned]
    # The middle frame, not the mean one: landmarks that slip in a blurred frame fit no surface.
    as_head, *as_sheet = np.median(np.column_stack([errors, planes]), axis=0) + _JITTER
    return float(np.log(min(as_sheet) / as_head))


def _bend(observed: Observation, neutral: Array, radius: float, axis: int) -> Array:
    """Returns 68 depths in millimetres on a cylinder that touches the nose; axis 0 stands upright, 1 lies."""
    across = (neutral[:, axis] - neutral[30, axis]) * observed.neutral_pose[3] / observed.camera[0, 0]
    return np.asarray(radius * (1 - np.sqrt(1 - np.clip(across / radius, -0.95, 0.95) ** 2)))


def _misfit(observed: Observation, surface: Array, index: int) -> float:
    """Returns how far a rigid motion of the surface leaves the landmarks of a frame, over eye span."""
    camera, seen = observed.camera, observed.landmarks[index][QUASI_RIGID]
    model = surface[QUASI_RIGID] - surface[27]
    found, turn, shift = cv2.solvePnP(model, seen, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    if not found:
        return 1.0
    back = cv2.projectPoints(model, turn, shift, camera, None)[0][:, 0]
    return float(np.sqrt(((back - seen) ** 2).sum(1).mean())) / _eye_span(observed.landmarks[index])


def _without(shape: Array, degree: int) -> Array:
    """Returns the projector that removes this degree of polynomial in position from landmark values."""
    x, y = ((shape - shape.mean(0)) / shape.std()).T
    columns = [np.ones_like(x), x, y] + ([x * x, x * y, y * y] if degree == 2 else [])
    basis = np.column_stack(columns)
    return np.eye(len(x)) - basis @ np.linalg.pinv(basis)


def _parallax(observed: Observation, projector: Array, index: int) -> tuple[float, float]:
    depth = (GENERIC_FACE @ observed.level.T)[QUASI_RIGID, 2] / 92.0
    clear_depth = projector @ depth
    scale = np.exp(-observed.growth[index]) / _eye_span(observed.neutral_shape)
    clear_move = projector @ (observed.landmarks[index][QUASI_RIGID] * scale)
    seen = clear_depth @ clear_move / (clear_depth @ clear_depth)
    turn = rotation(*observed.poses[index, :3])
    predicted = np.array([turn[0, 2], turn[1, 2]])
    size = float(np.hypot(*predicted))
    gain = float(seen @ predicted) / (size * max(size, _FLOOR)) if size > 0 else 0.0
    total = float((clear_move**2).sum())
    return gain, float((clear_depth @ clear_depth) * (seen @ seen) / total) if total > 0 else 0.0


def _magnification(observed: Observation, projector: Array, index: int) -> float:
    height, width = observed.images[0].shape[:2]
    shape, span = observed.neutral_shape[_ALL_OVER], _eye_span(observed.neutral_shape)
    before = observed.neutral_pose[3]
    after = before * np.exp(-observed.growth[index])
    # u = f·X/(D+z): from D to D', a point at depth z grows by about 1 + z·(D'-D)/(D·D') more than the nasion.
    excess = GENERIC_FACE[_ALL_OVER, 2:3] * (after - before) / (before * after)
    predicted = projector @ ((shape - (width / 2, height / 2)) / span * excess)
    scaled = observed.landmarks[index][_ALL_OVER] * np.exp(-observed.growth[index]) / span
    return float((predicted * (projector @ scaled)).sum() / (predicted**2).sum())


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw scores of the signals that this burst can tell."""
    near = perspective(observed)
    found = {} if near is None else {"perspective": near}
    measured = relief(observed)
    if measured is None:
        return found
    return found | {
        "residual": measured.residual,
        "relief": measured.gain,
        "share": measured.share,
        "rigidity": measured.rigidity,
    }
