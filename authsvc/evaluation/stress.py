"""The conditions of `manage.py evaluate-capture`: how a phone is held wrong, what is worn, what is asked of
the service under each.

A condition changes what is drawn on the person (`worn`), how the head is held at rest (`held`), or what of
the scene's light reaches the sensor (`seen`), before its noise: a dark picture is a noisy one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Image

from .occluders import glaring, hatted, masked, shaded

Array = NDArray[np.float64]
Light = NDArray[np.float32]
Rng = np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A person's RGB picture and the 68×2 landmarks in it."""

    picture: Image
    landmarks: Array


Worn = Callable[[Sitter, Sitter, Rng], Image]
Seen = Callable[[Light, Rng], Light]


@dataclass(frozen=True, slots=True)
class Held:
    """Degrees that a head is held off straight during the whole challenge, to either side."""

    yaw: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One row of the table.

    `hints` are the codes of docs/protocol.md that are right under it. `aim` is what is asked of the row:
    "pass" (at most a tenth refused), "said" (at least nine tenths asked again with a right hint) or "", where
    nothing is asked but that nobody is called an attack.
    """

    name: str
    aim: str = ""
    hints: frozenset[str] = frozenset()
    worn: Worn | None = None
    held: Held = Held()
    seen: Seen | None = None


def _worn(draw: Callable[[Image, Array, Rng], Image]) -> Worn:
    return lambda sitter, _, rng: draw(sitter.picture, sitter.landmarks, rng)


def back_lit(sitter: Sitter, _: Sitter, rng: Rng) -> Image:
    """Return a person before a bright window: the camera exposes for it, and the face is left dark."""
    face = rng.uniform(0.22, 0.4)
    span = float(np.hypot(*(sitter.landmarks[45] - sitter.landmarks[36])))
    inside = np.zeros(sitter.picture.shape[:2], np.float32)
    hull = cv2.convexHull(sitter.landmarks.astype(np.float32))[:, 0]
    middle = hull.mean(axis=0)
    head = middle + (hull - middle) * (1.25, 1.75)
    head[:, 1] = np.minimum(head[:, 1], hull[:, 1].max())
    cv2.fillPoly(inside, [np.round(head).astype(np.int32)], 1.0)
    (x, chin), bottom = sitter.landmarks[8], sitter.picture.shape[0]
    neck = [(x - 0.8 * span, chin - 0.2 * span), (x + 0.8 * span, chin - 0.2 * span)]
    body = np.array([*neck, (x + 2.2 * span, bottom), (x - 2.2 * span, bottom)])
    cv2.fillPoly(inside, [np.round(body).astype(np.int32)], 1.0)
    share = cv2.GaussianBlur(inside, (0, 0), 0.06 * span)[..., None]
    window = 235 + 0.08 * sitter.picture
    return np.clip(sitter.picture * face * share + window * (1 - share), 0, 255).astype(np.uint8)


def with_another(sitter: Sitter, other: Sitter, rng: Rng) -> Image:
    """Return a person with another one looking over a shoulder."""
    share = float(rng.uniform(0.7, 0.9))
    hull = cv2.convexHull(other.landmarks.astype(np.float32))[:, 0]
    inside = np.zeros(other.picture.shape[:2], np.float32)
    middle = hull.mean(axis=0)
    cv2.fillPoly(inside, [np.round(middle + (hull - middle) * (1.15, 1.5)).astype(np.int32)], 1.0)
    width = float(np.ptp(sitter.landmarks[:, 0]))
    beside = np.array([1.2 if rng.random() < 0.5 else -1.2, -0.1]) * width
    place = sitter.landmarks.mean(axis=0) + beside
    matrix = np.array([[share, 0, place[0] - share * middle[0]], [0, share, place[1] - share * middle[1]]])
    size = (sitter.picture.shape[1], sitter.picture.shape[0])
    laid = cv2.warpAffine(other.picture, matrix, size, flags=cv2.INTER_AREA)
    cover = cv2.GaussianBlur(cv2.warpAffine(inside, matrix, size), (0, 0), 2)[..., None]
    return np.round(sitter.picture * (1 - cover) + laid * cover).astype(np.uint8)


def exposed(light: Light, _: Rng, *, share: float) -> Light:
    """Return the scene with a share of its light: under 1 is dark, above it burns out."""
    return light * np.float32(share)


def defocused(light: Light, _: Rng, *, pixels: float) -> Light:
    """Return the scene out of focus, by the standard deviation of a Gaussian."""
    return np.asarray(cv2.GaussianBlur(light, (0, 0), pixels), np.float32)


def shaken(light: Light, rng: Rng, *, pixels: int) -> Light:
    """Return the scene from a hand that moves by so many pixels while the shutter is open."""
    angle, reach = rng.uniform(0, np.pi), pixels / 2
    size = pixels // 2 + 1
    line = np.zeros((2 * size + 1, 2 * size + 1), np.float32)
    along = np.round(np.array([np.cos(angle), np.sin(angle)]) * reach).astype(int)
    cv2.line(line, (size - along).tolist(), (size + along).tolist(), 1.0, 1, cv2.LINE_AA)
    return np.asarray(cv2.filter2D(light, -1, line / line.sum()), np.float32)


def lying(light: Light, _: Rng) -> Light:
    """Return the scene as a phone hands it over that lies on its side and does not know."""
    return np.ascontiguousarray(np.rot90(light))


_DARK: Final = frozenset({"light"})
_ASIDE: Final = frozenset({"straight"})
_STILL: Final = frozenset({"still"})

CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition("clean", "pass"),
    Condition("dim: half the light", "pass", _DARK, seen=partial(exposed, share=0.5)),
    Condition("dim: a third", "pass", _DARK, seen=partial(exposed, share=0.33)),
    Condition("dark: a fifth", "", _DARK, seen=partial(exposed, share=0.2)),
    Condition("dark: an eighth", "", _DARK, seen=partial(exposed, share=0.13)),
    Condition("dark: a twentieth", "", _DARK, seen=partial(exposed, share=0.05)),
    Condition("over-exposed: twice", "", frozenset({"dimmer"}), seen=partial(exposed, share=2.0)),
    Condition("over-exposed: three times", "", frozenset({"dimmer"}), seen=partial(exposed, share=3.0)),
    Condition("back-lit", "pass", frozenset({"backlight"}), worn=back_lit),
    Condition("blur: 2 pixels", "", _STILL, seen=partial(defocused, pixels=2.0)),
    Condition("blur: 4 pixels", "", _STILL, seen=partial(defocused, pixels=4.0)),
    Condition("motion blur: 12 pixels", "", _STILL, seen=partial(shaken, pixels=12)),
    Condition("motion blur: 24 pixels", "", _STILL, seen=partial(shaken, pixels=24)),
    Condition("aside: 10°", "pass", _ASIDE, held=Held(yaw=10)),
    Condition("aside: 20°", "pass", _ASIDE, held=Held(yaw=20)),
    Condition("aside: 30°", "pass", _ASIDE, held=Held(yaw=30)),
    Condition("rolled: 20°", "", frozenset({"upright"}), held=Held(roll=20)),
    Condition("rolled: 40°", "", frozenset({"upright"}), held=Held(roll=40)),
    Condition("glare on glasses", "pass", frozenset({"glasses"}), worn=_worn(glaring)),
    Condition("mask", "said", frozenset({"mask"}), worn=_worn(masked)),
    Condition("sunglasses", "said", frozenset({"glasses"}), worn=_worn(shaded)),
    Condition("hat", "said", frozenset({"forehead"}), worn=_worn(hatted)),
    Condition("two faces", "said", frozenset({"one-face"}), worn=with_another),
    Condition("turned pixels", "said", frozenset({"upright"}), seen=lying),
)
"""The rows, in the order in which they are printed."""
