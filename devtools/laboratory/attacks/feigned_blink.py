"""A print on a head, whose eyes cannot close: something happens to them on cue that may look like a blink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.evaluation.pad_recordings import Recording

from .printing import printed
from .recording import OVERTURNED, Material, film_answer
from .scene import Field, Portrait, sheet_surface

Trick = Callable[[Portrait, np.random.Generator], NDArray[np.float32]]


def make(material: Material) -> Recording:
    """Returns a paper mask's answer to a challenge with a blink, at which one of TRICKS is played."""
    rng = material.rng
    subject = printed(material.target, rng)
    bend = 1 / rng.uniform(75, 95)
    name = sorted(TRICKS)[rng.integers(len(TRICKS))]
    tricked = replace(subject, texture=np.clip(TRICKS[name](subject, rng), 0, 255).astype(np.uint8))
    if name in REVERSED:
        subject, tricked = tricked, subject
    seed = int(rng.integers(2**32))
    plain, played = (
        film_answer(
            sheet_surface(face, bend=bend, alpha=subject.alpha),
            replace(material, rng=np.random.default_rng(seed)),
            size=OVERTURNED,
            lids=False,
        )
        for face in (subject, tricked)
    )
    shown = _on_cue(plain, rng)
    images = tuple(b if now else a for a, b, now in zip(plain.images, played.images, shown, strict=True))
    return replace(plain, images=images)


def _on_cue(recording: Recording, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Returns which frames the trick is played in: from a person's reaction time on, for about a blink."""
    shown = np.zeros(len(recording.times), bool)
    for cue in recording.plan:
        if cue.cue == "blink":
            since = recording.times - cue.start - rng.uniform(200, 500)
            shown |= (since >= 0) & (since < rng.uniform(300, 700))
    return shown


def _pen(subject: Portrait, rng: np.random.Generator) -> NDArray[np.float32]:
    """A pen or a pencil is drawn across the eyes."""
    return _bar(subject, rng, rng.uniform(0.08, 0.16), rng.uniform(20, 220, 3))


def _finger(subject: Portrait, rng: np.random.Generator) -> NDArray[np.float32]:
    """A finger is laid across the eyes: skin, a little lighter or darker than the picture's."""
    x, y = subject.landmarks[[1, 15]].mean(axis=0).astype(int)
    skin = np.median(subject.texture[y - 8 : y + 8, x - 8 : x + 8].reshape(-1, 3), axis=0)
    return _bar(subject, rng, rng.uniform(0.16, 0.24), skin * rng.uniform(0.85, 1.15))


def _shadow(subject: Portrait, rng: np.random.Generator) -> NDArray[np.float32]:
    """A shadow falls on the eyes, with soft edges."""
    edge = rng.uniform(0.03, 0.15)
    band = _across_eyes(subject, rng.uniform(0.2, 0.6), edge)[..., None]
    return np.asarray(subject.texture * (1 - rng.uniform(0.3, 0.7) * band), np.float32)


def _dimmed(subject: Portrait, rng: np.random.Generator) -> NDArray[np.float32]:
    """The light goes down."""
    return np.asarray(subject.texture * np.float32(rng.uniform(0.25, 0.7)))


def _blurred(subject: Portrait, rng: np.random.Generator) -> NDArray[np.float32]:
    """The print is shaken, or held out of focus."""
    return cv2.GaussianBlur(subject.texture, (0, 0), rng.uniform(1.5, 6)).astype(np.float32)


def _folded(subject: Portrait, rng: np.random.Generator) -> NDArray[np.float32]:
    """The paper is bent at the eyes, which narrows them and what lies around them."""
    height, width = subject.texture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    from_eyes = (y - subject.landmarks[36:48, 1].mean()).astype(np.float32)
    reach = np.float32(rng.uniform(0.12, 0.3) * _span(subject))
    lost = rng.uniform(0.4, 1.5) * from_eyes * np.exp(-((from_eyes / reach) ** 2))
    return cv2.remap(subject.texture, x, (y + lost).astype(np.float32), cv2.INTER_LINEAR).astype(np.float32)


def _looking_aside(subject: Portrait, rng: np.random.Generator) -> NDArray[np.float32]:
    """The irises are moved to a side, behind holes in the print."""
    height, width = subject.texture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    side = 1 if rng.random() < 0.5 else -1
    for outer, inner in ((36, 39), (42, 45)):
        middle = subject.landmarks[outer : outer + 6].mean(axis=0)
        breadth = float(np.hypot(*(subject.landmarks[inner] - subject.landmarks[outer])))
        off = ((x - middle[0]) / (0.5 * breadth)) ** 2 + ((y - middle[1]) / (0.3 * breadth)) ** 2
        x += (side * rng.uniform(0.15, 0.35) * breadth * np.exp(-(off**2))).astype(np.float32)
    return cv2.remap(subject.texture, x, y, cv2.INTER_LINEAR).astype(np.float32)


def _closed(subject: Portrait, _: np.random.Generator) -> NDArray[np.float32]:
    """Lids lie over the eyes: the skin above them, with lashes at their lower edge."""
    picture = subject.texture.astype(np.float32)
    for first in (36, 42):
        outline = subject.landmarks[first : first + 6]
        middle, breadth = outline.mean(axis=0), float(np.ptp(outline[:, 0]))
        x, y = (middle - (0, 0.4 * breadth)).astype(int)
        skin = np.median(picture[y - 2 : y + 3, x - 4 : x + 5].reshape(-1, 3), axis=0)
        lid, lashes = np.zeros((2, *picture.shape[:2]), np.float32)
        cv2.fillConvexPoly(lid, np.round((outline - middle) * 1.2 + middle).astype(np.int32), 1.0)
        edge = np.round(outline[[0, 5, 4, 3]]).astype(np.int32)
        cv2.polylines(lashes, [edge], isClosed=False, color=0.6, thickness=max(round(0.07 * breadth), 1))
        share, line = (cv2.GaussianBlur(one, (0, 0), 0.04 * breadth)[..., None] for one in (lid, lashes))
        picture = (picture * (1 - share) + skin * share) * (1 - line)
    return np.asarray(picture, np.float32)


TRICKS: Final[dict[str, Trick]] = {
    "pen": _pen,
    "finger": _finger,
    "shadow": _shadow,
    "dimmed": _dimmed,
    "blurred": _blurred,
    "folded": _folded,
    "looking aside": _looking_aside,
    "opened": _closed,
}

REVERSED: Final = ("opened",)
"""Tricks that end on cue: a print with closed eyes is changed for one with open eyes."""


def _bar(
    subject: Portrait, rng: np.random.Generator, breadth: float, colour: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Returns the texture under a bar across both eyes, `breadth` eye spans wide and shaded as a rod."""
    share = _across_eyes(subject, breadth, 0.01)[..., None]
    round_off = 0.7 + 0.3 * _across_eyes(subject, 0.4 * breadth, 0.3 * breadth)[..., None]
    return np.asarray(subject.texture * (1 - share) + share * round_off * colour, np.float32)


def _across_eyes(subject: Portrait, breadth: float, edge: float) -> Field:
    """Returns 1 on a level band through the eyes, 0 off it; breadth and soft edge in eye spans."""
    height, width = subject.texture.shape[:2]
    off = np.abs(np.arange(height) - subject.landmarks[36:48, 1].mean()) / _span(subject)
    band = np.clip((breadth / 2 - off) / edge + 0.5, 0, 1).astype(np.float32)
    return np.repeat(band[:, None], width, axis=1)


def _span(subject: Portrait) -> float:
    return float(np.hypot(*(subject.landmarks[45] - subject.landmarks[36])))
