"""BlazeFace, short range (Bazarevsky and others, 2019; MediaPipe, Apache-2.0): where faces are.

The network sees a square of 128×128 pixels and answers for 896 anchors: two at each of 16×16 places, six at
each of 8×8. Its anchors, scales and limits are those of MediaPipe's face_detection_short_range.pbtxt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.types import Array, Box, Image

from .exposure import balanced
from .session import Session

SIDE: Final = 128
"""Pixels of the square that the network sees."""
VALUES: Final = 16
"""Of an anchor: middle, width and height of the face, and six points of it."""
FINEST: Final = 20.0
"""Pixels of the smallest face that the network surely finds in its square."""
MOST_LEANING: Final = 50.0
"""Degrees: a face that leans more lies on its side, where nothing else reads it; it counts as not seen."""
OVERLAP: Final = 0.3
"""Of two boxes, intersection over union: from here on they are one face."""


def _anchors() -> Array:
    grids = [(16, 2), (8, 6)]
    places = [
        np.repeat(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2), each, axis=0)
        for side, each in grids
        for axis in [(np.arange(side) + 0.5) / side]
    ]
    return np.concatenate(places).astype(np.float32)


ANCHORS: Final = _anchors()
"""896×2: the middle of each, x and y from 0 to 1 of the square."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square of a picture: its left and top edge and its side, in pixels of the picture."""

    left: int
    top: int
    side: int


class BlazeFace:
    """The detector on squares of a picture; safe in a forked worker."""

    def __init__(self, network: Session) -> None:
        self._network = network

    def boxes(self, image: Image, *, smallest: float, least: float, beyond: float = 1.0) -> list[Box]:
        """Return the box of each face from `smallest` pixels of width on, the surest first.

        `least` is the least score, 0 to 1. The whole picture is looked at in one square where that shows
        faces so small, else in several that overlap by more than a face of that size. That square's side is
        `beyond` times the picture's: a face that fills its square is not seen.
        """
        squares = list(squares_over(image.shape[1], image.shape[0], smallest, beyond))
        rows = self._network.run(np.stack([seen(image, square) for square in squares]))
        found = [
            box for row, square in zip(rows, squares, strict=True) for box in _decoded(row, square, least)
        ]
        return _one_a_face(np.array(found, np.float32).reshape(-1, 5))

    def surest(self, image: Image, *, smallest: float, beyond: float = 1.0) -> float:
        """Return the greatest log-odds of an upright face in a picture, which may be far below any limit."""
        squares = squares_over(image.shape[1], image.shape[0], smallest, beyond)
        rows = self._network.run(np.stack([seen(image, square) for square in squares]))
        cut = len(ANCHORS) * VALUES
        return max(
            float(
                np.max(row[cut:], where=_leans(row[:cut].reshape(-1, VALUES)) <= MOST_LEANING, initial=-80.0)
            )
            for row in rows
        )


def squares_over(width: int, height: int, smallest: float, beyond: float = 1.0) -> Iterator[Square]:
    """Yield the squares to look at for faces from `smallest` pixels of width on; see BlazeFace.boxes."""
    whole = round(beyond * max(width, height))
    side = min(whole, max(round(SIDE * smallest / FINEST), SIDE))
    lefts, tops = (_starts(length, side, round(2 * smallest)) for length in (width, height))
    for top in tops:
        for left in lefts:
            yield Square(left, top, side)


def _starts(length: int, side: int, overlap: int) -> list[int]:
    if length <= side:
        return [(length - side) // 2]
    count = -(-(length - overlap) // max(side - overlap, 1))
    return [round(start) for start in np.linspace(0, length - side, count)]


def seen(image: Image, square: Square) -> Image:
    """Return a square as the network sees it: black where it lies outside the picture, its light balanced."""
    height, width = image.shape[:2]
    left, top = max(square.left, 0), max(square.top, 0)
    part = image[top : min(square.top + square.side, height), left : min(square.left + square.side, width)]
    scale = SIDE / square.side
    size = max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1)
    small = balanced(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    x, y = round((left - square.left) * scale), round((top - square.top) * scale)
    picture[y : y + size[1], x : x + size[0]] = small[: SIDE - y, : SIDE - x]
    return picture


def _decoded(row: Array, square: Square, least: float) -> Array:
    """Return n×5: score, left, top, right and bottom in pixels of the picture."""
    values, logits = row[: len(ANCHORS) * VALUES].reshape(-1, VALUES), row[len(ANCHORS) * VALUES :]
    sure = np.flatnonzero((logits >= np.log(least / (1 - least))) & (_leans(values) <= MOST_LEANING))
    middle, half = values[sure, :2] / SIDE + ANCHORS[sure], values[sure, 2:4] / SIDE / 2
    corners = np.concatenate([middle - half, middle + half], axis=1) * square.side
    scores = 1 / (1 + np.exp(-np.clip(logits[sure, None], -80, 80)))
    return np.concatenate([scores, corners + (square.left, square.top) * 2], axis=1)


def _leans(values: Array) -> Array:
    """Return by how many degrees the line through each face's eyes leans, 0 to 180."""
    across = values[:, 6:8] - values[:, 4:6]
    return np.asarray(np.abs(np.degrees(np.arctan2(across[:, 1], across[:, 0]))))


def _one_a_face(found: Array) -> list[Box]:
    """Return one box a face: the mean of those that overlap the surest, weighted by their scores."""
    left = found[np.argsort(-found[:, 0], kind="stable")]
    faces: list[Box] = []
    while len(left):
        near = _overlaps(left[0, 1:], left[:, 1:]) >= OVERLAP
        near[0] = True
        merged = np.average(left[near, 1:], axis=0, weights=left[near, 0])
        faces.append(_whole(merged))
        left = left[~near]
    return faces


def _overlaps(one: Array, others: Array) -> Array:
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    areas = [np.maximum(each[..., 2:] - each[..., :2], 0).prod(axis=-1) for each in (one, others)]
    return np.asarray(shared / np.maximum(areas[0] + areas[1] - shared, 1e-6))


def _whole(corners: Array) -> Box:
    left, top, right, bottom = (round(float(each)) for each in corners)
    return left, top, right, bottom
