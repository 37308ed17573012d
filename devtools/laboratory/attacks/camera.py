"""The sensor that looks at a scene: exposure, lens blur, noise and JPEG for people and attacks alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from .scene import HEIGHT, WIDTH, Field, Image

_BANK: Final = np.random.default_rng(7).standard_normal((HEIGHT + 64, WIDTH + 64, 3)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Camera:
    """exposure: gain; white: RGB gains; blur: sigma in pixels; noise: sigma in grey levels; JPEG quality."""

    exposure: float
    white: tuple[float, float, float]
    blur: float
    noise: float
    quality: int

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Camera:
        """Draws a front camera indoors."""
        red, blue = rng.uniform(0.93, 1.07, 2)
        return cls(rng.uniform(0.85, 1.1), (red, 1.0, blue), rng.uniform(0.4, 0.9), rng.uniform(1.2, 3.0), 85)

    def sense(self, scene: Image, rng: np.random.Generator, sampled: Field | None = None) -> Image:
        """Returns the frame that this camera delivers of a HEIGHT×WIDTH×3 scene.

        sampled: by what the lens's picture is multiplied, HEIGHT×WIDTH×3, where something finer than pixels
        lies in the scene (screens.py).
        """
        red, green, blue = (self.exposure * gain for gain in self.white)
        blurred = cv2.GaussianBlur(scene, (0, 0), self.blur)
        if sampled is not None:
            blurred = cv2.multiply(blurred, sampled, dtype=cv2.CV_32F)
        frame = cv2.multiply(blurred, (red, green, blue, 0.0), dtype=cv2.CV_32F)
        y, x = rng.integers(0, 64, 2)
        noisy = cv2.scaleAdd(_BANK[y : y + HEIGHT, x : x + WIDTH], self.noise, frame)
        return _through_jpeg(cv2.convertScaleAbs(cv2.max(noisy, 0.0)), self.quality)


def _through_jpeg(frame: Image, quality: int) -> Image:
    coded = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ]
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("a frame could not be coded as JPEG")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def room(rng: np.random.Generator) -> Image:
    """Draws a plain room to stand behind the subject: a lit wall, and some large soft shapes."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    slope = rng.uniform(-0.15, 0.15, 2)
    wall = rng.uniform(90, 190) * (1 + slope[0] * (x / WIDTH - 0.5) + slope[1] * (y / HEIGHT - 0.5))
    scene = wall[..., None] * rng.uniform(0.85, 1.1, 3).astype(np.float32)
    for _ in range(int(rng.integers(0, 4))):
        corner, size = rng.uniform((-100, -100), (WIDTH, HEIGHT)), rng.uniform(60, 320, 2)
        low, high = (int(v) for v in corner), (int(v) for v in corner + size)
        cv2.rectangle(scene, tuple(low), tuple(high), rng.uniform(40, 220, 3).tolist(), -1)
    return np.clip(cv2.GaussianBlur(scene, (0, 0), rng.uniform(2, 8)), 0, 255).astype(np.uint8)
