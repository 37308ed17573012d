"""The software phone's camera: noise, fixed pattern, exposure ripple, JPEG files that say what they are."""

from __future__ import annotations

import struct
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from devtools.rendering.mesh import HEIGHT, WIDTH, Floats, Image

COMMENT: Final = b"VISOR-SYNTHETIC"
_SEGMENT: Final = b"\xff\xfe" + struct.pack(">H", len(COMMENT) + 2) + COMMENT
QUALITY: Final = 85
RATE: Final = 30.0
_NOISE: Final = 2.2
_FIXED_PATTERN: Final = 0.006
_POOL_MARGIN: Final = 128


class Camera:
    """One sensor: its fixed pattern stays for the burst, its noise is new in every frame."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._phase = rng.uniform(0, 2 * np.pi)
        self._start = rng.uniform(0.05, 0.4)
        pool = rng.standard_normal((HEIGHT + _POOL_MARGIN, WIDTH + _POOL_MARGIN, 3), dtype=np.float32)
        # A sensor's colours are interpolated from neighbours, so its noise is never white.
        self._pool: NDArray[Any] = cv2.GaussianBlur(pool, (0, 0), 0.5) * (_NOISE / 0.7)
        pattern = rng.standard_normal((HEIGHT, WIDTH, 3), dtype=np.float32)
        self._pattern = 1 + _FIXED_PATTERN * pattern

    def metadata(self) -> dict[str, Any]:
        """Return the manifest's `camera`."""
        return {
            "label": "Visor software camera",
            "facing": "user",
            "width": WIDTH,
            "height": HEIGHT,
            "fps": RATE,
        }

    def moments(self, duration: float, fps: float, *, least: int, most: int) -> list[tuple[float, float]]:
        """Return (t milliseconds since the first cue, media seconds) of the frames taken over `duration` ms.

        The camera runs at 30 frames a second; between `least` and `most` are picked evenly, about `fps`.
        """
        count = int(np.clip(duration * fps / 1000, least, most))
        ticks = np.unique(np.round((np.arange(count) + 0.5) * duration / count * RATE / 1000))
        media = self._start + ticks / RATE + self._rng.normal(0, 0.0003, len(ticks))
        handling = self._rng.uniform(4, 14, len(ticks))
        return [
            (float(tick * 1000 / RATE + late), float(second))
            for tick, second, late in zip(ticks, media, handling, strict=True)
        ]

    def expose(self, scene: Floats, t: float) -> Image:
        """Return the 480×640×3 BGR frame that the sensor makes of a scene (0–255) at `t` milliseconds."""
        ripple = 1 + 0.008 * np.sin(2 * np.pi * t / 1000 / 2.7 + self._phase) + self._rng.normal(0, 0.002)
        top, left = self._rng.integers(0, _POOL_MARGIN, 2)
        noise = self._pool[top : top + HEIGHT, left : left + WIDTH]
        lit = cv2.multiply(np.asarray(scene, np.float32), self._pattern * np.float32(ripple))
        # The noise or its negative, so that one pool makes two.
        noisy = cv2.add(lit, noise) if self._rng.choice((-1.0, 1.0)) > 0 else cv2.subtract(lit, noise)
        return np.asarray(cv2.convertScaleAbs(cv2.max(noisy, 0.0)), np.uint8)


def encode(frame: Image, *, quality: int = QUALITY) -> bytes:
    """Return a JPEG file whose comment segment says VISOR-SYNTHETIC (docs/protocol.md, section 4)."""
    jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    return jpeg[:2] + _SEGMENT + jpeg[2:]


def without_comment(jpeg: bytes) -> bytes:
    """Return the same file without that segment."""
    return jpeg.replace(_SEGMENT, b"", 1)
