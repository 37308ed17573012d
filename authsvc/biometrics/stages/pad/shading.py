"""Is the screen's light shaded by a head, or laid on alike: what faces the screen must send back more of it.

A program that multiplies a picture by the asked colours gives all of the face one gain. A head's cheeks, brow
and jaw look past the screen, the more so as it turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import rotation

from .calibration import Calibration
from .following import Following
from .observation import Array, Observation, PlannedCue
from .patches import SIDE, TEMPLATE
from .stretching import MEAN_HEAD_MM, SPAN_MM, spline

CALIBRATIONS: Final = {
    "shading": Calibration(25.0, -13.5, -4.0, 1.0, 1.0),
}
AGAINST: Final[Mapping[str, tuple[str, ...]]] = {
    "shading": ("even-light", "puppet", "puppet-on-screen", "right-cue-video"),
}
FAILS: Final = {
    "shading": "a strong lamp right beside the screen, which shades a face as the screen does; light that is "
    "rendered by a head's shape",
}

_BLOCK: Final = 4
_MM: Final = 2 * SPAN_MM / SIDE
_TOWARDS_SCREEN: Final = np.array([0.0, 0.2, -0.98])
_LAGS: Final = np.arange(0.0, 351.0, 50.0)
_EXPOSURE_MS: Final = 60.0
"""Delays that a display and a camera have, and over how long a frame gathers light."""

_DARKEST, _LIGHTEST = 25, 240
_MOSTLY: Final = 0.7
"""Grey levels between which a pixel tells how much light is added to it, and in which share of the frames."""

_LEAST_FRAMES: Final = 6
_LEAST_BLOCKS: Final = 10
_LEAST_GAIN: Final = 0.04
_ROUNDS: Final = 4
_DOUBT: Final = 1.0
_MOST_DOUBT: Final = 0.25
"""How many standard errors are believed to a person, and how much at most: noise that is laid over a picture
must not make it a head.
"""

_BLACK: Final = 0.004


def _pooled(values: Array) -> Array:
    """Returns means over blocks of a SIDE×SIDE×… array."""
    blocks = SIDE // _BLOCK
    return np.asarray(values.reshape(blocks, _BLOCK, blocks, _BLOCK, *values.shape[2:]).mean(axis=(1, 3)))


def _normals() -> tuple[Array, NDArray[np.bool_]]:
    """Returns blocks×3 unit normals of a mean head in its patch, and which blocks are face."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    across, down = (x - TEMPLATE[27].real) * _MM, (y - TEMPLATE[27].imag) * _MM
    places = np.column_stack([across.ravel(), down.ravel()]) / SPAN_MM
    depth = spline(MEAN_HEAD_MM[:, :2] / SPAN_MM, places) @ MEAN_HEAD_MM[:, 2]
    smooth = cv2.GaussianBlur(depth.reshape(SIDE, SIDE), (0, 0), 1.2)
    slope_y, slope_x = np.gradient(smooth, _MM)
    normals = np.stack([slope_x, slope_y, -np.ones_like(smooth)], axis=-1)
    pooled = _pooled(normals / np.linalg.norm(normals, axis=-1, keepdims=True))
    # Narrow enough that a turned head still fills it: a wall beside a cheek sends no light back either.
    face = (_pooled(across) / 50) ** 2 + ((_pooled(down) - 32) / 74) ** 2 < 1
    return pooled / np.linalg.norm(pooled, axis=-1, keepdims=True), face & (_pooled(down) > -45)


_NORMALS, _FACE = _normals()


def shading(observed: Observation) -> float | None:
    """Returns how much of a head's shading the screen's light on the face has: about 0 where it is laid on
    alike, 0.5 to 1.5 on a head; from -1 to 2. What the burst leaves in doubt is added. None where hardly any
    light comes back, or too few frames or pixels tell, or nothing lies around the face.

    Three gains are fitted over all blocks of the face, frames and hues, less what the surroundings do: the
    face's, what a mean head's turned normals make of it, and what a haze over the picture takes off where
    it is dark, as a screen that does not show black as black does. Blocks and frames that no gain explains
    count less. Fails where the room's own light comes from beside the screen.
    """
    steps, around = observed.lit, observed.surroundings
    if len(steps) < 2 or around is None:
        return None
    first, last = steps[0].start, steps[-1].end + _LAGS[-1]
    frames = np.flatnonzero((observed.times >= first) & (observed.times <= last))
    if len(frames) < _LEAST_FRAMES:
        return None
    face = _Face.seen(observed, frames, around[frames])
    if len(face.light) < _LEAST_BLOCKS or (shown := _best(face.light, observed.times[frames], steps)) is None:
        return None
    (even, shaded, _), doubt = _fitted(face, *shown)
    if even < _LEAST_GAIN:
        return None
    return float(np.clip(shaded / even + min(_DOUBT * doubt / even, _MOST_DOUBT), -1, 2))


def _fitted(face: _Face, telling: NDArray[np.bool_], colours: Array) -> tuple[Array, float]:
    """Returns the three gains, under what the frames that tell were shown, by weighted least squares, and the
    standard error of the second.
    """
    seen = _centred(face.light[:, telling])
    even = np.broadcast_to(_about(colours), seen.shape)
    shaded = _centred(colours * (face.facing[:, telling, None] - 1))
    terms = np.stack([even, shaded, even * face.brightness[:, None, None]], axis=-1)
    weight, left = np.ones(seen.shape[:2]), seen
    for _ in range(_ROUNDS):
        counted = terms * weight[..., None, None]
        power = counted.reshape(-1, 3).T @ terms.reshape(-1, 3) + 1e-9 * np.eye(3)
        gains = np.linalg.solve(power, counted.reshape(-1, 3).T @ seen.ravel())
        left = seen - terms @ gains
        weight = _weight(left, even)
    return np.asarray(gains), _standard_error(np.linalg.inv(power)[1], counted * left[..., None])


def _standard_error(row: Array, pulls: Array) -> float:
    """Returns the standard error of a gain, from its row of the inverse normal matrix and what each of the
    b×n×3 values pulls at the three gains.

    What is left of values of one frame, or of one block, goes together: the larger error of the two is
    returned (the sandwich estimator by clusters; Liang and Zeger, Biometrika 73, 1986).
    """
    together = (pulls.sum(axis=axes) @ row for axes in ((0, 2), (1, 2)))
    return max(float(np.sqrt((pull**2).sum())) for pull in together)


def _weight(left: Array, even: Array) -> Array:
    """Returns b×n: how much each block counts in each frame, by what the gains leave unexplained.

    Less where a block answers by another gain than the others, as under a reflection; where much is left of
    it, as of an edge that moves; and in frames of which much is left.
    """
    off = np.abs((even * left).sum(axis=(1, 2))) / max(float((even[0] ** 2).sum()), 1e-9)
    kept = np.minimum(1, max(1.5 * float(np.median(off)), 0.01) / np.maximum(off, 1e-9))
    power = (left**2).mean(axis=2)
    block, frame = power.mean(axis=1), np.median(power, axis=0)
    return np.outer(kept * _share(block), _share(frame))


def _share(power: Array) -> Array:
    usual = max(float(np.median(power)), 1e-12)
    return np.asarray(usual / (power + usual))


def _best(light: Array, times: Array, steps: Sequence[PlannedCue]) -> tuple[NDArray[np.bool_], Array] | None:
    """Returns which frames tell, and the screen's light in them, at the delay that fits the face best."""
    whole, found = light.mean(axis=0), []
    for lag in _LAGS:
        telling, colours = _shown(times - lag, steps)
        if telling.sum() >= _LEAST_FRAMES and (power := float(np.square(_about(colours)).sum())) > 0:
            seen = _about(whole[telling])
            fit = float((seen * _about(colours)).sum()) / np.sqrt(power * max(float((seen**2).sum()), 1e-12))
            found.append((fit, telling, colours))
    return max(found, key=lambda one: one[0])[1:] if found else None


def _shown(times: Array, steps: Sequence[PlannedCue]) -> tuple[NDArray[np.bool_], Array]:
    """Returns which frames were exposed under one colour alone, and the hue of its light in each of them."""
    starts, ends = np.array([s.start for s in steps]), np.array([s.end for s in steps])
    at = np.searchsorted(starts, times - _EXPOSURE_MS, side="right") - 1
    telling = (at >= 0) & (times <= ends[at])
    light = np.array([step.colour for step in steps], float) ** 2.2
    return telling, (light - light.mean(axis=1, keepdims=True))[at[telling]]


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """The blocks of the face that can tell.

    light: b×n×3 hues of its logarithm, each about its mean; facing: b×n, how much they look into the screen,
    over their mean; brightness: b, 0 where as bright as the others, less in the dark.
    """

    light: Array
    facing: Array
    brightness: Array

    @classmethod
    def seen(cls, observed: Observation, frames: NDArray[np.intp], around: Array) -> _Face:
        """Returns the blocks of these frames, less what the surroundings do in them, n×3."""
        patches = observed.patches[frames]
        clear = ((patches.min(axis=3) > _DARKEST) & (patches.max(axis=3) < _LIGHTEST)).mean(axis=0) > _MOSTLY
        share = _pooled(clear.astype(float))[_FACE]
        told = share > 0.5
        linear = _pooled(_LINEAR[patches].transpose(1, 2, 0, 3) * clear[..., None, None])[_FACE][told]
        level = linear / share[told][:, None, None]
        light = np.log(level + _BLACK) - around
        turns = observed.turns[frames]
        screen = np.array([rotation(yaw, pitch, 0.0).T @ _TOWARDS_SCREEN for yaw, pitch in turns])
        facing = np.clip(_NORMALS[_FACE][told] @ screen.T, 0.0, 1.0)
        dark = 1 / (level.mean(axis=(1, 2)) + _BLACK)
        return cls(
            _centred(light - light.mean(axis=2, keepdims=True)),
            facing / max(float(facing.mean()), 1e-3) if len(facing) else facing,
            np.clip(1 - dark / dark.mean(), -3, 3) if len(dark) else dark,
        )


def _about(courses: Array) -> Array:
    return np.asarray(courses - courses.mean(axis=0))


def _centred(courses: Array) -> Array:
    """Returns b×n×3 courses, each about its own mean over the frames."""
    return np.asarray(courses - courses.mean(axis=1, keepdims=True))


_LINEAR: Final = ((np.arange(256) / 255) ** 2.2).astype(np.float32)


def scores(observed: Observation, answer: Following | None) -> Mapping[str, float]:
    """Returns the raw score of the signal, where it can tell."""
    found = shading(observed)
    return {} if found is None else {"shading": found}
