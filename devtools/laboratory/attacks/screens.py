"""What a screen does to the picture a camera takes of it: pixel grid, gamma, refresh bands, glare, bezel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from .scene import HEIGHT, WIDTH, Image

_X: Final = np.arange(WIDTH, dtype=np.float32)
_Y: Final = np.arange(HEIGHT, dtype=np.float32)[:, None]


@dataclass(frozen=True, slots=True)
class Screen:
    """gamma and bezel of the display; grid: depth and pitch (px) of its pixels; band: depth; glare: place,
    size.
    """

    gamma: float
    grid: float
    pitch: float
    band: float
    glare: tuple[float, float, float, float]
    bezel: int

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Screen:
        """Draws a phone, a tablet or a monitor as a camera at arm's length sees it."""
        glare = (rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(20, 60), rng.uniform(0, 120))
        return cls(
            rng.uniform(0.85, 1.2),
            rng.uniform(2.0, 9.0),
            rng.uniform(1.6, 3.2),
            rng.uniform(0, 9),
            glare,
            int(rng.integers(0, 26)),
        )

    def shown(self, picture: Image) -> Image:
        """Returns the picture as the display shows it, with its bezel."""
        level = 255 * (picture.astype(np.float32) / 255) ** self.gamma
        level = 16 + level * 0.9
        if self.bezel:
            level[: self.bezel], level[-self.bezel :] = 12, 12
            level[:, : self.bezel], level[:, -self.bezel :] = 12, 12
        return np.clip(level, 0, 255).astype(np.uint8)

    def seen(self, frame: Image, phase: float) -> Image:
        """Returns the frame with what the display adds as it is filmed; phase in radians moves from frame to
        frame.
        """
        x, y, size, strength = self.glare
        grid = np.sin(2 * np.pi * _X / self.pitch + phase) * np.sin(2 * np.pi * _Y / self.pitch)
        band = 1 + self.band / 100 * np.sin(2 * np.pi * _Y / 140 + 2.1 * phase)
        spot = strength * np.exp(-(((_X - x) ** 2 + (_Y - y) ** 2) / (2 * size**2)))
        seen = frame.astype(np.float32) * band[..., None] + (self.grid * grid + spot)[..., None]
        return np.clip(seen, 0, 255).astype(np.uint8)
