"""What a poor capture does to a photograph: focus, movement, light, distance, noise.

Published photographs are nearly all sharp and well lit, so a quality score has nothing to learn from them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.types import Image

Rng = np.random.Generator
Change = Callable[[Image, float, Rng], np.ndarray]


def degraded(image: Image, eye_span: float, rng: Rng) -> Image:
    """Return an RGB picture with one or two faults of strengths drawn at random, as a camera would code it.

    eye_span: pixels between the eyes, which blur and movement are measured in. The picture may shrink.
    """
    faults = rng.choice(len(FAULTS), size=int(rng.integers(1, 3)), replace=False)
    for fault in sorted(faults):
        changed = FAULTS[fault](image, eye_span, rng)
        image = np.clip(changed, 0, 255).astype(np.uint8)
    settings = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 92))]
    coded = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), settings)[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB), np.uint8)


def _defocused(image: Image, eye_span: float, rng: Rng) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), eye_span * _between(0.02, 0.2, rng))


def _moved(image: Image, eye_span: float, rng: Rng) -> np.ndarray:
    length = max(int(eye_span * _between(0.1, 0.9, rng)), 2)
    angle = rng.uniform(0, np.pi)
    line = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    reach = np.round(np.array([np.cos(angle), np.sin(angle)]) * length).astype(int)
    middle = np.array([length, length])
    cv2.line(line, (middle - reach).tolist(), (middle + reach).tolist(), 1.0)
    return cv2.filter2D(image, -1, line / line.sum())


def _dim(image: Image, _: float, rng: Rng) -> np.ndarray:
    return image * _between(0.03, 0.5, rng) + rng.normal(0, _between(1, 5, rng), image.shape)


def _burnt_out(image: Image, _: float, rng: Rng) -> np.ndarray:
    return image * _between(1.5, 5, rng)


def _lit_from_aside(image: Image, _: float, rng: Rng) -> np.ndarray:
    across = np.linspace(1, -1, image.shape[1]) * (1 if rng.random() < 0.5 else -1)
    dark = _between(0.02, 0.5, rng)
    share = dark + (1 - dark) / (1 + np.exp(-across * 12))
    return image * share[None, :, None] + rng.normal(0, 1.5, image.shape)


def _flat(image: Image, _: float, rng: Rng) -> np.ndarray:
    """Haze, or glare on the lens."""
    level = rng.uniform(90, 200)
    return level + (image - level) * _between(0.05, 0.5, rng) + rng.normal(0, 2, image.shape)


def _noisy(image: Image, _: float, rng: Rng) -> np.ndarray:
    return image + rng.normal(0, _between(5, 50, rng), image.shape)


def _tinted(image: Image, _: float, rng: Rng) -> np.ndarray:
    return image * np.exp(rng.normal(0, 0.35, 3))


def _far(image: Image, eye_span: float, rng: Rng) -> np.ndarray:
    scale = min(rng.uniform(12, 40) / eye_span, 1.0)
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _between(low: float, high: float, rng: Rng) -> float:
    """Return a strength, small ones as often as large ones on a logarithmic scale."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


FAULTS: Final[tuple[Change, ...]] = (
    _defocused,
    _moved,
    _dim,
    _burnt_out,
    _lit_from_aside,
    _flat,
    _noisy,
    _tinted,
    _far,
)
