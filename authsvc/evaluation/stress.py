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

from .dress import bearded, fringed, scarfed
from .occluders import below_the_nose, glaring, handed, hatted, masked, mirrored, shaded

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
    "pass" (at most a tenth refused), "open" (at least nine tenths accepted), "said" (at least nine tenths
    asked again with a right hint) or "", where nothing is asked but that nobody is called an attack. `jpeg`
    is the quality that frames are coded with, 0 for the camera's own.
    """

    name: str
    aim: str = ""
    hints: frozenset[str] = frozenset()
    worn: Worn | None = None
    held: Held = Held()
    seen: Seen | None = None
    jpeg: int = 0


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


def with_another(
    sitter: Sitter, other: Sitter, rng: Rng, *, shares: tuple[float, float], apart: float, above: float
) -> Image:
    """Return a person with the head of another one beside theirs.

    shares: the least and the largest size of the other head against their own; `apart` and `above`: from the
    middle of the one to that of the other, in breadths of their own face.
    """
    share = float(rng.uniform(*shares))
    hull = cv2.convexHull(other.landmarks.astype(np.float32))[:, 0]
    inside = np.zeros(other.picture.shape[:2], np.float32)
    middle = hull.mean(axis=0)
    cv2.fillPoly(inside, [np.round(middle + (hull - middle) * (1.15, 1.5)).astype(np.int32)], 1.0)
    width = float(np.ptp(sitter.landmarks[:, 0]))
    beside = np.array([apart if rng.random() < 0.5 else -apart, -above]) * width
    place = sitter.landmarks.mean(axis=0) + beside
    matrix = np.array([[share, 0, place[0] - share * middle[0]], [0, share, place[1] - share * middle[1]]])
    size = (sitter.picture.shape[1], sitter.picture.shape[0])
    laid = cv2.warpAffine(other.picture, matrix, size, flags=cv2.INTER_AREA)
    cover = cv2.GaussianBlur(cv2.warpAffine(inside, matrix, size), (0, 0), 2)[..., None]
    return np.round(sitter.picture * (1 - cover) + laid * cover).astype(np.uint8)


def lit_from_aside(sitter: Sitter, _: Sitter, rng: Rng, *, share: float) -> Image:
    """Return a person beside a lamp or a window: the other half of the face has a share of its light."""
    breadth = float(np.ptp(sitter.landmarks[:, 0]))
    across = (np.arange(sitter.picture.shape[1]) - sitter.landmarks[27, 0]) / breadth
    across *= 1 if rng.random() < 0.5 else -1
    light = share + (1 - share) / (1 + np.exp(-across * 7))
    return np.clip(sitter.picture * light[None, :, None], 0, 255).astype(np.uint8)


def exposed(light: Light, _: Rng, *, share: float) -> Light:
    """Return the scene with a share of its light: under 1 is dark, above it burns out."""
    return light * np.float32(share)


def tinted(light: Light, _: Rng, *, gains: tuple[float, float, float]) -> Light:
    """Return the scene in coloured light, by what it leaves of red, green and blue."""
    return light * np.array(gains[::-1], np.float32)


def coarse(light: Light, _: Rng, *, lines: int) -> Light:
    """Return the scene from a camera of fewer lines, enlarged as the capture page does it."""
    scale = lines / light.shape[0]
    small = cv2.resize(light, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, light.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


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


def framed(light: Light, rng: Rng, *, scale: float = 1.0, aside: float = 0.0) -> Light:
    """Return the scene with everything in it larger or smaller, and so many pixels to either side."""
    height, width = light.shape[:2]
    shift = aside if rng.random() < 0.5 else -aside
    middle = np.array([width, height]) / 2
    matrix = np.column_stack([np.eye(2) * scale, middle * (1 - scale) + (shift, 0)])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    moved = cv2.warpAffine(light, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def turned(light: Light, _: Rng, *, quarters: int) -> Light:
    """Return the scene as a phone hands it over that lies on its side or its head and does not know."""
    return np.ascontiguousarray(np.rot90(light, quarters))


_DARK: Final = frozenset({"light"})
_ASIDE: Final = frozenset({"straight"})
_STILL: Final = frozenset({"still"})
_GLASSES: Final = frozenset({"glasses"})
_UPRIGHT: Final = frozenset({"upright"})
_BESIDE: Final = partial(with_another, shares=(0.7, 0.9), apart=1.2, above=0.1)
_BEHIND: Final = partial(with_another, shares=(0.2, 0.4), apart=1.0, above=0.35)

CONDITIONS: Final[tuple[Condition, ...]] = (
    Condition("clean", "open"),
    Condition("dim: half the light", "pass", _DARK, seen=partial(exposed, share=0.5)),
    Condition("dim: a third", "pass", _DARK, seen=partial(exposed, share=0.33)),
    Condition("dark: a fifth", "", _DARK, seen=partial(exposed, share=0.2)),
    Condition("dark: an eighth", "", _DARK, seen=partial(exposed, share=0.13)),
    Condition("dark: a twentieth", "", _DARK, seen=partial(exposed, share=0.05)),
    Condition("over-exposed: twice", "", frozenset({"dimmer"}), seen=partial(exposed, share=2.0)),
    Condition("over-exposed: three times", "", frozenset({"dimmer"}), seen=partial(exposed, share=3.0)),
    Condition("back-lit", "pass", frozenset({"backlight"}), worn=back_lit),
    Condition("lit from aside: a third", "pass", _DARK, worn=partial(lit_from_aside, share=0.33)),
    Condition("lit from aside: an eighth", "", _DARK, worn=partial(lit_from_aside, share=0.13)),
    Condition("light of an evening sun", "pass", _DARK, seen=partial(tinted, gains=(1.1, 0.75, 0.4))),
    Condition("light of a blue screen", "pass", _DARK, seen=partial(tinted, gains=(0.4, 0.6, 1.0))),
    Condition("blur: 2 pixels", "", _STILL, seen=partial(defocused, pixels=2.0)),
    Condition("blur: 4 pixels", "", _STILL, seen=partial(defocused, pixels=4.0)),
    Condition("motion blur: 12 pixels", "", _STILL, seen=partial(shaken, pixels=12)),
    Condition("motion blur: 24 pixels", "", _STILL, seen=partial(shaken, pixels=24)),
    Condition("camera of 240 lines", "pass", _STILL, seen=partial(coarse, lines=240)),
    Condition("JPEG quality 30", "pass", _STILL, jpeg=30),
    Condition("aside: 10°", "pass", _ASIDE, held=Held(yaw=10)),
    Condition("aside: 20°", "pass", _ASIDE, held=Held(yaw=20)),
    Condition("aside: 30°", "pass", _ASIDE, held=Held(yaw=30)),
    Condition("rolled: 20°", "", _UPRIGHT, held=Held(roll=20)),
    Condition("rolled: 40°", "", _UPRIGHT, held=Held(roll=40)),
    Condition("small in the frame: 0.6", "pass", frozenset({"closer"}), seen=partial(framed, scale=0.6)),
    Condition("small in the frame: 0.35", "", frozenset({"closer"}), seen=partial(framed, scale=0.35)),
    Condition("large in the frame: 1.9", "", frozenset({"farther"}), seen=partial(framed, scale=1.9)),
    Condition("at the border", "", frozenset({"centre"}), seen=partial(framed, aside=110)),
    Condition("glare on glasses", "pass", _GLASSES, worn=_worn(glaring)),
    Condition("beard", "open", worn=_worn(bearded)),
    Condition("headscarf", "open", worn=_worn(scarfed)),
    Condition("hair over an eye", "", worn=_worn(fringed)),
    Condition("mask", "said", frozenset({"mask"}), worn=_worn(masked)),
    Condition("mask below the nose", "", frozenset({"mask"}), worn=_worn(below_the_nose)),
    Condition("hand before the mouth", "", frozenset({"mask"}), worn=_worn(handed)),
    Condition("sunglasses", "said", _GLASSES, worn=_worn(shaded)),
    Condition("mirror glasses", "said", _GLASSES, worn=_worn(mirrored)),
    Condition("hat", "said", frozenset({"forehead"}), worn=_worn(hatted)),
    Condition("two faces", "said", frozenset({"one-face"}), worn=_BESIDE, seen=partial(framed, scale=0.6)),
    Condition("a face far behind", "open", worn=_BEHIND),
    Condition("turned pixels", "said", _UPRIGHT, seen=partial(turned, quarters=1)),
    Condition("turned pixels: the other way", "said", _UPRIGHT, seen=partial(turned, quarters=3)),
    Condition("turned pixels: upside down", "said", _UPRIGHT, seen=partial(turned, quarters=2)),
)
"""The rows, in the order in which they are printed."""
