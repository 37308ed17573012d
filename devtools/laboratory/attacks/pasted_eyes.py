"""The attacker answers with a head of their own, and every frame has the victim's eyes laid over its eyes."""

from __future__ import annotations

from typing import Final

import numpy as np

from authsvc.evaluation.pad_recordings import Recording

from .camera import Camera, room
from .composites import Manner
from .recording import Material
from .scene import head_surface, landmarks_in, render
from .script import answer, frame_times

_EYES: Final = (slice(36, 42), slice(42, 48))


def make(material: Material) -> Recording:
    """Returns the burst of a program that lays the eyes of a photograph over each frame's, one by one."""
    rng, donor = material.rng, material.target
    own = head_surface(material.attacker)
    background, camera, manner = room(rng), Camera.drawn(rng), Manner.drawn(rng)
    reach = float(rng.uniform(1.3, 2.2))
    times = frame_times(material.plan, rng)
    images = []
    for view in answer(material.plan, times, rng):
        marks, scene = landmarks_in(own, view), render(own, view, background)
        for eye in _EYES:
            outline = _around(marks[eye], reach)
            scene = manner.laid(scene, marks[eye], donor.texture, donor.landmarks[eye], outline, rng)
        images.append(camera.sense(scene, rng))
    return Recording(tuple(images), times, material.plan)


def _around(eye: np.ndarray, reach: float) -> np.ndarray:
    """Returns the eye's outline, grown to so many times its breadth and more in height."""
    return np.asarray(eye.mean(axis=0) + (eye - eye.mean(axis=0)) * (reach, 1.8 * reach))
