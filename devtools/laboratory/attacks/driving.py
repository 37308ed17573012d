"""The software phone's head as an attacker has it: its landmarks for a puppet, or its film for a screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.evaluation.pad_recordings import Plan
from devtools.rendering.face3d import load_head
from devtools.rendering.mesh import MARGIN, Head, rotation
from devtools.rendering.motion import HeadState, Performance
from devtools.rendering.render import render_scene
from devtools.rendering.warp import move

from .phone_head import as_challenge
from .recording import Material
from .scene import HEIGHT, WIDTH, Field, Image
from .script import frame_times

Array = NDArray[np.float64]

_REST = HeadState(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0), (0.0, 0.0, 0.0))
_PAGE: tuple[float, float, float] = (0.55, 0.55, 0.55)
"""The light of a page's white, under which a film is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Performer:
    """A head that answers: its state at n `times` in milliseconds of the plan, each step at its longest."""

    head: Head
    plan: Plan
    times: Array
    states: tuple[HeadState, ...]

    @property
    def light(self) -> Array:
        """n×3: linear light of the screen, 0 to 1."""
        return np.array([state.light for state in self.states])

    @property
    def rest(self) -> Array:
        """68×2 landmarks in the frame before any movement."""
        return self._marks(_REST)

    @property
    def marks(self) -> Array:
        """n×68×2 landmarks in the frames."""
        return np.array([self._marks(state) for state in self.states])

    def film(self) -> Iterator[tuple[Image, Field]]:
        """Yields the RGB frames under a page's steady light, and the share of each pixel that is head."""
        for state in self.states:
            scene = render_scene(self.head, replace(state, light=_PAGE))
            outline = cv2.convexHull(self._moved(state)[self.head.weight == 1].astype(np.int32))
            alpha = np.zeros((HEIGHT, WIDTH), np.float32)
            cv2.fillConvexPoly(alpha, outline, 1.0)
            yield cv2.convertScaleAbs(scene)[..., ::-1], cv2.GaussianBlur(alpha, (0, 0), 4)

    def _marks(self, state: HeadState) -> Array:
        return np.asarray(self._moved(state)[:68], np.float64)

    def _moved(self, state: HeadState) -> NDArray[np.float32]:
        level = self.head.level
        turn = rotation(state.yaw + level[0], state.pitch + level[1], state.roll + level[2])
        return move(self.head, turn, state.nearer)[:, :2] - MARGIN + np.array(state.shake, np.float32)


def performer(photo: Image, material: Material) -> Performer:
    """Returns the person of an RGB photograph as they answer the challenge. Raises face3d.NoFace."""
    head = load_head(np.ascontiguousarray(photo[..., ::-1]))
    plan = tuple(replace(cue, least=None) for cue in material.plan)
    answer = Performance(as_challenge(plan)["steps"], material.rng)
    times = frame_times(plan, material.rng)
    return Performer(head, plan, times, tuple(answer.at(float(t)) for t in times))
