"""The one view of a burst that every PAD signal reads: tracked landmarks, poses and plan, against the
person's own neutral.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.headpose import GENERIC_FACE, camera_matrix, head_pose, pose_of, rotation
from authsvc.biometrics.types import Burst, Challenge, Descriptors, FaceTrack, Image, Step

from .patches import Patches, patches_of, placings
from .surroundings import surroundings

Array = NDArray[np.float64]

TURNS: Final = {"left": (1, 0), "right": (-1, 0), "down": (0, 1), "up": (0, -1)}
"""Cue to the sign of (yaw, pitch) that follows it."""

DISTANCES: Final = {"nearer": 1, "farther": -1}
"""Cue to the sign of the face's growth that follows it."""


@dataclass(frozen=True, slots=True)
class PlannedCue:
    """One step of the challenge on the burst's clock: milliseconds from the first cue."""

    cue: str
    start: float
    end: float
    degrees: float = 0.0
    colour: tuple[float, float, float] | None = None
    least: float | None = None
    """Milliseconds after which it might have ended; None where it lasts as long as it lasts."""


@dataclass(frozen=True, eq=False)
class Observation:
    """images: n RGB frames; landmarks: n×68×2 pixels; times: n milliseconds, rising; plan: the cues shown.

    descriptors: m×d features of unit length, in the order of their frames; from the distance `apart` on two
    groups of them are rather two people. stream: width and height of what
    the frames were cut from, None where that is not known. living: as in Descriptors.
    """

    images: tuple[Image, ...]
    landmarks: Array
    times: Array
    plan: tuple[PlannedCue, ...]
    descriptors: Array
    apart: float
    stream: tuple[int, int] | None = None
    living: float | None = None

    @cached_property
    def placings(self) -> NDArray[np.complex128]:
        """n×2: how each frame's pixels lie on its patch (see `patches`)."""
        return placings(self.landmarks)

    @cached_property
    def patches(self) -> Patches:
        """n×48×48×3: the face of each frame, small and upright in one place."""
        return patches_of(self.images, self.placings)

    @cached_property
    def surroundings(self) -> Array | None:
        """n×3: the course of the light around the head (see `surroundings`)."""
        return surroundings(self.images, self.landmarks)

    @cached_property
    def camera(self) -> Array:
        """3×3 intrinsics assumed of the camera."""
        height, width = self.images[0].shape[:2]
        return camera_matrix(width, height, self.stream)

    @cached_property
    def neutral(self) -> NDArray[np.intp]:
        """Indices of the frames taken under the first centre cue, or the first two where there is none."""
        centre = next((cue for cue in self.plan if cue.cue == "centre"), None)
        if centre is None:
            return np.arange(min(2, len(self.times)))
        inside = np.flatnonzero((self.times >= centre.start) & (self.times <= centre.end))
        return inside if len(inside) else np.array([0])

    @cached_property
    def neutral_pose(self) -> Array:
        """The person's own neutral against a generic face: yaw, pitch, roll in degrees, and millimetres."""
        height, width = self.images[0].shape[:2]
        found = [head_pose(self.landmarks[i], width, height, self.stream) for i in self.neutral]
        return np.median([(p.yaw, p.pitch, p.roll, p.distance) for p in found], axis=0)

    @cached_property
    def neutral_shape(self) -> Array:
        """68×2 pixels: the mean of the neutral frames' landmarks."""
        return _mean_shape(self.landmarks[self.neutral])

    @cached_property
    def level(self) -> Array:
        """3×3 rotation from a generic face to the person's neutral, their head held level.

        The pitch of a neutral is not believed: measured against a generic face, it is the length of a nose
        and a chin more than it is a nod (docs/adr/0120).
        """
        yaw, _, roll, _ = self.neutral_pose
        return rotation(yaw, 0.0, roll)

    @cached_property
    def head(self) -> Array:
        """68×3 millimetres before the camera: this person's neutral outline over a generic face's depths."""
        return self.lifted(self.neutral_pose[3] + (GENERIC_FACE @ self.level.T)[:, 2])

    def lifted(self, depth: Array) -> Array:
        """Returns the neutral's landmarks at 68 depths in millimetres: 68×3 millimetres before the camera."""
        across = (self.neutral_shape - self.camera[:2, 2]) * depth[:, None] / self.camera[0, 0]
        return np.column_stack([across, depth])

    @cached_property
    def poses(self) -> Array:
        """n×4: yaw, pitch, roll in degrees, and distance in millimetres, of the person's own head.

        The middle one of each frame and its neighbours: a face found in the wrong place for one frame is no
        movement.
        """
        found = [pose_of(points, self.head, self.camera) for points in self.landmarks]
        course = np.array([(p.yaw, p.pitch, p.roll, p.distance) for p in found])
        framed = np.concatenate([course[:1], course, course[-1:]])
        return np.median([framed[:-2], course, framed[2:]], axis=0)

    @cached_property
    def turns(self) -> Array:
        """n×2 degrees of yaw and pitch away from the neutral."""
        return np.asarray(self.poses[:, :2] - np.median(self.poses[self.neutral, :2], axis=0))

    @cached_property
    def growth(self) -> Array:
        """n logarithms of the face's size against the neutral's."""
        return np.asarray(np.log(np.median(self.poses[self.neutral, 3]) / self.poses[:, 3]))

    @cached_property
    def cues(self) -> tuple[PlannedCue, ...]:
        """What the person was asked to do, one after another: the plan without the colours, where a cue that
        goes on under another colour is one.
        """
        asked: list[PlannedCue] = []
        for step in self.plan:
            if asked and asked[-1].cue == step.cue != "centre":
                asked[-1] = replace(asked[-1], end=step.end)
            else:
                asked.append(replace(step, colour=None, least=None))
        return tuple(asked)

    @property
    def lit(self) -> tuple[PlannedCue, ...]:
        """The steps of the plan under which the screen has a colour."""
        return tuple(step for step in self.plan if step.colour is not None)

    def planned(self, *cues: str) -> tuple[PlannedCue, ...]:
        """Returns what was asked for by one of these cues."""
        return tuple(step for step in self.cues if step.cue in cues)

    def under(self, step: PlannedCue) -> NDArray[np.intp]:
        """Returns indices of the frames in a step's second half and just after: when it is followed."""
        middle = step.start + 0.45 * (step.end - step.start)
        return np.flatnonzero((self.times >= middle) & (self.times <= step.end + 250))


def planned(challenge: Challenge) -> tuple[PlannedCue, ...]:
    """Returns the challenge's steps on a burst's clock if each lasts as long as it may, with colours as RGB
    from 0 to 1.
    """
    return _plan(challenge, [step.ms for step in challenge.steps])


def shown(challenge: Challenge, frames: Sequence[tuple[int, float]]) -> tuple[PlannedCue, ...]:
    """Returns the challenge's steps as frames saw them, each of which says its step and its milliseconds.

    A step has ended between its last frame and the next step's first one. Where it may end when it is
    followed, that is in the middle between the two, as far as it then lasts neither less than its least nor
    more than its most.
    """
    start, lengths, steps = 0.0, [], challenge.steps
    for index, (step, after) in enumerate(zip(steps, _latest_ends(steps, frames), strict=True)):
        earliest, latest = start + step.shortest, start + step.ms
        last = max((t for at, t in frames if at <= index), default=start)
        seen = latest if step.shortest == step.ms or after == np.inf else (last + after) / 2
        end = min(max(min(max(seen, earliest), latest), last), after)
        lengths.append(end - start)
        start = end
    return _plan(challenge, lengths)


def _latest_ends(steps: Sequence[Step], frames: Sequence[tuple[int, float]]) -> list[float]:
    """Returns when each step has ended at the latest: the next one's first frame, and its least, say so."""
    ends = [np.inf]
    for index in range(len(steps) - 1, 0, -1):
        first = min((t for at, t in frames if at >= index), default=np.inf)
        ends.append(min(first, ends[-1] - steps[index].shortest))
    return ends[::-1]


def _plan(challenge: Challenge, lengths: Sequence[float]) -> tuple[PlannedCue, ...]:
    start, plan = 0.0, []
    for step, length in zip(challenge.steps, lengths, strict=True):
        end, far, colour = start + length, step.degrees or 0.0, _rgb(step.colour)
        plan.append(PlannedCue(step.cue, start, end, far, colour, step.least))
        start = end
    return tuple(plan)


def observe(burst: Burst, track: FaceTrack, described: Descriptors) -> Observation:
    """Returns the observation of the frames that show the face; descriptors are scaled to unit length.

    Raises ValueError where fewer than one frame shows it, or a descriptor cannot be scaled.
    """
    seen = [(frame, face) for frame, face in zip(burst.frames, track.faces, strict=True) if face is not None]
    if not seen:
        raise ValueError("no frame shows the face")
    lengths = np.linalg.norm(described.vectors, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise ValueError("a descriptor is not a direction")
    return Observation(
        images=tuple(frame.rgb for frame, _ in seen),
        landmarks=np.stack([face.landmarks for _, face in seen]).astype(np.float64),
        times=np.array([frame.t_ms for frame, _ in seen]),
        plan=shown(burst.challenge, [(frame.step, frame.t_ms) for frame in burst.frames]),
        descriptors=np.asarray(described.vectors / lengths, np.float64),
        apart=described.apart,
        stream=_stream(burst.manifest.camera),
        living=described.living,
    )


def _stream(camera: Mapping[str, Any]) -> tuple[int, int] | None:
    """Returns the size of the camera's own pictures, None where the manifest names no sensible one."""
    size = camera.get("width"), camera.get("height")
    width, height = (side if type(side) is int and 160 <= side <= 8192 else 0 for side in size)
    return (width, height) if width and height else None


def _rgb(colour: str | None) -> tuple[float, float, float] | None:
    if colour is None:
        return None
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _mean_shape(shapes: Array) -> Array:
    reference = shapes[0]
    aligned = [_similar(shape, reference) for shape in shapes]
    return np.asarray(np.mean(aligned, axis=0))


def _similar(shape: Array, reference: Array) -> Array:
    moving, fixed = shape - shape.mean(0), reference - reference.mean(0)
    a, b = moving @ (1, 1j), fixed @ (1, 1j)
    aligned = a * (np.vdot(a, b) / np.vdot(a, a).real)
    return np.column_stack([aligned.real, aligned.imag]) + reference.mean(0)
