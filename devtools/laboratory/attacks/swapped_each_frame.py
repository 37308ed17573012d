"""The attacker answers with a head of their own, and every frame has the victim's face laid over it."""

from __future__ import annotations

from dataclasses import replace

from authsvc.evaluation.pad_recordings import Recording

from .camera import Camera, room
from .composites import Manner, inner_face
from .recording import Material
from .scene import head_surface, landmarks_in, render
from .script import answer, frame_times


def make(material: Material) -> Recording:
    """Returns the burst of a swapping program that turns a model of the victim as the attacker turns.

    The model knows nothing of the screen's light, but for what is matched of the attacker's colours.
    """
    rng = material.rng
    own, victim = head_surface(material.attacker), head_surface(material.target)
    background, camera, manner = room(rng), Camera.drawn(rng), Manner.drawn(rng)
    times = frame_times(material.plan, rng)
    images = []
    for view in answer(material.plan, times, rng):
        unlit = replace(view, screen=(0.0, 0.0, 0.0))
        donor, donor_marks = render(victim, unlit, background), landmarks_in(victim, view)
        scene, marks = render(own, view, background), landmarks_in(own, view)
        laid = manner.laid(scene, marks, donor, donor_marks, inner_face(marks), rng)
        images.append(camera.sense(laid, rng))
    return Recording(tuple(images), times, material.plan)
