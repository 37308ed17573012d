"""One photograph that moves as somebody else does: a thin-plate spline carries it after a driver's landmarks.

What such a program has is a picture and 68 moving points. It knows no depth: between the points the picture
is stretched, and nothing comes to light that the photograph does not show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from authsvc.evaluation.pad_recordings import Recording

from .camera import Camera
from .driving import Performer, performer
from .recording import Material
from .scene import HEIGHT, WIDTH, Field, Image, Portrait

Array = NDArray[np.float64]
Backdrop = Literal["held", "carried", "cut"]

_CELL: Final = 8
_DISPLAY_GAMMA: Final = 2.2
_ROOM: Final = 0.9
"""Light of the room beside the screen's, as the software phone's person has it."""


@dataclass(frozen=True, slots=True)
class Puppeteer:
    """How a program does it: jitter of the driver's landmarks in pixels; what becomes of the surroundings
    (they stay with the picture's edge, go along, or are another layer); gain of the light that it paints.
    """

    jitter: float
    backdrop: Backdrop
    gain: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Puppeteer:
        """Draws a program."""
        backdrop: Backdrop = rng.choice(get_args(Backdrop))
        return cls(float(rng.uniform(0.0, 0.6)), backdrop, float(rng.uniform(0.15, 0.35)))


def puppet_burst(material: Material) -> Recording:
    """Returns a puppet of the target that answers the challenge, in place of a camera's frames.

    Where light is asked for it is painted evenly over the head, in time. Raises face3d.NoFace.
    """
    way, seen = Puppeteer.drawn(material.rng), performer(material.attacker.texture, material)
    frames = _played(material.target, way, seen, material.rng)
    return Recording(injected(frames, material.rng), seen.times, seen.plan)


def _played(victim: Portrait, way: Puppeteer, seen: Performer, rng: np.random.Generator) -> Iterator[Image]:
    steady = rng.normal(0, 0.3 * way.jitter, seen.rest.shape)
    carried = victim.landmarks + steady + _transferred(victim.landmarks, seen)
    behind = _behind(victim)
    for marks, light in zip(carried, seen.light, strict=True):
        read = marks + rng.normal(0, way.jitter, marks.shape)
        picture, alpha = warped(victim.texture, victim.alpha, read, victim.landmarks, way.backdrop)
        if way.backdrop == "cut":
            picture = cv2.blendLinear(picture, behind, alpha, 1 - alpha)
        yield painted(np.asarray(picture, np.uint8), alpha, light, way.gain)


def warped(
    texture: Image, alpha: Field, marks: Array, still: Array, backdrop: Backdrop
) -> tuple[Image, Field]:
    """Returns a picture and its mask after a thin-plate spline took 68 landmarks from `still` to `marks`."""
    source = _source(marks, still, backdrop)
    mask = cv2.remap(alpha, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    picture = cv2.remap(texture, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(picture, np.uint8), np.asarray(mask, np.float32)


def painted(picture: Image, alpha: Field, light: Array, gain: float) -> Image:
    """Returns the picture with linear light of a screen, RGB 0 to 1, spread evenly where alpha is 1."""
    shares = np.linspace(0, 1, 256, dtype=np.float32)[:, None] * np.asarray(light, np.float32)
    table = (_ROOM + gain * shares) ** np.float32(1 / _DISPLAY_GAMMA)
    shade = cv2.convertScaleAbs(alpha, alpha=255)
    lit = cv2.LUT(cv2.merge([shade] * 3), table[None].astype(np.float32))
    return np.asarray(cv2.multiply(picture, lit, dtype=cv2.CV_8U), np.uint8)


def _transferred(victim: Array, seen: Performer) -> Array:
    """Returns n×68×2: by how much the victim's landmarks move as the driver's do, in proportion."""
    source, target = seen.rest - seen.rest.mean(0), victim - victim.mean(0)
    a, b = source @ (1, 1j), target @ (1, 1j)
    alike = np.vdot(a, b) / np.vdot(a, a).real
    moved = ((seen.marks - seen.rest) @ (1, 1j)) * alike
    return np.stack([moved.real, moved.imag], axis=-1)


def _source(marks: Array, still: Array, backdrop: Backdrop) -> Field:
    """Returns where every pixel of the frame comes from in the photograph."""
    here, there = marks, still
    if backdrop == "held":
        edge = np.array([(x, y) for x in (0, WIDTH / 2, WIDTH) for y in (0, HEIGHT / 2, HEIGHT)])
        edge = edge[(edge != (WIDTH / 2, HEIGHT / 2)).any(axis=1)]
        here, there = np.concatenate([here, edge]), np.concatenate([there, edge])
    spline = RBFInterpolator(here, there, kernel="thin_plate_spline", smoothing=0.5)
    y, x = np.mgrid[0 : HEIGHT + _CELL : _CELL, 0 : WIDTH + _CELL : _CELL]
    coarse = spline(np.column_stack([x.ravel(), y.ravel()]).astype(np.float64)).reshape(*x.shape, 2)
    matrix = np.array([[1 / _CELL, 0, 0], [0, 1 / _CELL, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(
        coarse.astype(np.float32), matrix, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(fine, np.float32)


def _behind(victim: Portrait) -> Image:
    """Returns the photograph with the head painted over from what lies around it."""
    size = (WIDTH // _CELL, HEIGHT // _CELL)
    outside = (victim.alpha < 0.02).astype(np.float32)
    known = cv2.resize(outside, size, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(victim.texture * outside[..., None], size, interpolation=cv2.INTER_AREA)
    share, spread = (cv2.GaussianBlur(part, (0, 0), 60 / _CELL) for part in (known, colours))
    filled = cv2.resize(spread / (share[..., None] + 1e-3), (WIDTH, HEIGHT))
    soft = cv2.GaussianBlur(outside, (0, 0), 3)
    laid = cv2.blendLinear(victim.texture, cv2.convertScaleAbs(filled), soft, 1 - soft)
    return np.asarray(laid, np.uint8)


def injected(frames: Iterator[Image], rng: np.random.Generator) -> tuple[Image, ...]:
    """Returns the frames as a camera that never saw them would have delivered them."""
    camera = Camera.drawn(rng)
    return tuple(camera.sense(frame, rng) for frame in frames)
