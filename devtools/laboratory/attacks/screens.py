"""A screen before the camera: what it shows, and what comes of that in a lens and on a sensor.

The order is nature's. Display: its own curve, black level, white, and stripes of red, green and blue pixels.
Room: glare on the glass. Lens, which blurs all of it; sensor, which samples it, with its rolling shutter
against the display's refreshing; JPEG last. A pixel grid is a sum of waves, and a blur and a sensor's pixel
only make waves weaker, so the grid is worked out as what is left of each wave at the middle of each pixel:
where the grid is finer than the sensor, that is moiré.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .camera import Camera
from .recording import Make
from .scene import HEIGHT, WIDTH, Field, Image

_X: Final = np.arange(WIDTH, dtype=np.float32)
_Y: Final = np.arange(HEIGHT, dtype=np.float32)[:, None]
_GAMMA: Final = 2.2
_STRIPE: Final = 0.28
_ROW: Final = 0.8
"""Of a display pixel's breadth that one of its three stripes gives light on, and of its height."""

_SENSITIVE: Final = 0.8
"""Of a sensor pixel's breadth that sees light."""

_WAVES: Final = (1, 2)
"""Harmonics of the grid; the third is weaker than any sensor's noise."""


@dataclass(frozen=True, slots=True)
class Screen:
    """gamma: the display's over a standard one's; white: RGB gains; black: its darkest, linear.

    pitch: camera pixels a display pixel covers; angle: radians between the two grids; band: depth of refresh;
    glare: x, y and size in pixels, strength in linear light; bezel: pixels.
    """

    gamma: float
    white: tuple[float, float, float]
    black: float
    pitch: float
    angle: float
    band: float
    glare: tuple[float, float, float, float]
    bezel: int

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Screen:
        """Draws a phone, a tablet or a monitor as a camera at arm's length sees it."""
        glare = (rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(20, 60), rng.uniform(0, 0.35))
        red, blue = rng.uniform(0.9, 1.1, 2)
        return cls(
            gamma=float(rng.uniform(0.85, 1.2)),
            white=(float(red), 1.0, float(blue)),
            black=float(rng.uniform(0.003, 0.04)),
            pitch=float(np.exp(rng.uniform(np.log(0.35), np.log(2.0)))),
            angle=float(rng.normal(0, 0.05)),
            band=float(rng.uniform(0, 0.12)),
            glare=glare,
            bezel=int(rng.integers(0, 26)),
        )

    def shown(self, picture: Image) -> Image:
        """Returns the picture as the display gives it off, with its bezel, coded for a camera's eye."""
        levels = np.linspace(0, 1, 256)[:, None] ** (_GAMMA * self.gamma)
        light = (self.black + (1 - self.black) * levels) * np.asarray(self.white)
        table = np.clip(255 * light ** (1 / _GAMMA), 0, 255).astype(np.uint8)
        shown = np.array(cv2.LUT(picture, table[None]))
        if self.bezel:
            shown[: self.bezel], shown[-self.bezel :] = 12, 12
            shown[:, : self.bezel], shown[:, -self.bezel :] = 12, 12
        return shown

    def filmed(self, frame: Image, camera: Camera, rng: np.random.Generator) -> Image:
        """Returns the camera's frame of a scene with this display's surface in it; `frame` as of `shown`."""
        return camera.sense(self._with_glare(frame), rng, self._over(camera.blur, rng))

    def _with_glare(self, frame: Image) -> Image:
        x, y, size, strength = self.glare
        box = np.s_[
            max(int(y - 4 * size), 0) : int(y + 4 * size), max(int(x - 4 * size), 0) : int(x + 4 * size)
        ]
        spot = strength * np.exp(-(((_X - x) ** 2 + (_Y - y) ** 2) / (2 * size**2)))[box]
        # Light adds where it is light: a mid grey takes more of a lamp's than a white does.
        level = (frame[box].astype(np.float32) / 255) ** np.float32(_GAMMA) + spot[..., None]
        glossy = frame.copy()
        glossy[box] = cv2.convertScaleAbs(255 * cv2.pow(level, 1 / _GAMMA))
        return glossy

    def _over(self, blur: float, rng: np.random.Generator) -> Field:
        """Returns by what the lens's picture is multiplied: the grid after lens and sensor, and the bands.

        Hands tremble by more than a display's pixel, so the grid lies anew in every frame.
        """
        across, down = rng.uniform(size=2)
        rows = self._waves(_ROW, blur, np.pi / 2, down) * self._bands(rng)
        columns = [self._waves(_STRIPE, blur, 0.0, across - c / 3) for c in range(3)]
        light = cv2.merge([np.maximum(rows * one, 1e-3) for one in columns])
        return np.asarray(cv2.pow(light, 1 / _GAMMA), np.float32)

    def _bands(self, rng: np.random.Generator) -> Field:
        return np.asarray(1 + self.band * np.sin(2 * np.pi * (_Y / 140 + rng.uniform())), np.float32)

    def _waves(self, lit: float, blur: float, angle: float, place: float) -> Field:
        """Returns the light of rows of display pixels about 1, after lens and sensor; angle: across them.

        Each pixel of the display gives light over the middle `lit` of its breadth.
        """
        angle += self.angle
        u, v = _X * np.cos(angle) / self.pitch + place, _Y * np.sin(angle) / self.pitch
        level = np.ones((HEIGHT, WIDTH), np.float32)
        for wave in _WAVES:
            frequency = wave / self.pitch
            left = np.exp(-2 * (np.pi * blur * frequency) ** 2) * np.sinc(_SENSITIVE * frequency)
            turns = 2 * np.pi * wave * u, 2 * np.pi * wave * v
            # The cosine of a sum, taken apart into products of rows and columns.
            waves = np.cos(turns[1]) @ np.cos(turns[0])[None] - np.sin(turns[1]) @ np.sin(turns[0])[None]
            level += np.float32(2 * np.sinc(wave * lit) * left) * waves
        return level


def played(film: Recording, rng: np.random.Generator) -> Recording:
    """Returns what a camera sees of a screen that plays a film."""
    screen, camera = Screen.drawn(rng), Camera.drawn(rng)
    images = tuple(screen.filmed(screen.shown(image), camera, rng) for image in film.images)
    return replace(film, images=images)


def on_screen(make: Make) -> Make:
    """Returns the species on a screen before a camera, of which only the injected film is made by `make`."""
    return lambda material: played(make(material), material.rng)
