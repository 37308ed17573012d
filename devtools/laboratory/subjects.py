"""The people of a data set for PAD evaluation: photographs that can be attacked with, split by subject."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.headpose import head_pose
from authsvc.biometrics.stages.quality import components
from authsvc.biometrics.types import Image
from devtools.rendering.face3d import NoFace, load_head
from devtools.rendering.motion import HeadState
from devtools.rendering.render import render_scene

from .attacks.scene import Portrait, portrait

Split = Literal["tuning", "test"]

_ACROSS_DEGREES = 12.0
_UP_DEGREES = 16.0
_OPEN_AND_STILL = ("MouthClosed", "EyesOpen")
_UNCOVERED = ("EyesVisible", "EyeGlarePrevention", "MouthOcclusionPrevention", "NoHeadCoverings")
_LEAST = 50.0
_ASIDE = (-26.0, 0.0, 26.0)
_BACK_MM = -60.0
"""Where a head is looked at for somebody beside it: as far aside and back as a challenge moves it."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One person's photograph that faces the camera, RGB, with its 68×2 landmarks."""

    name: str
    photo: Image
    landmarks: NDArray[np.float64]

    def placed(self, rng: np.random.Generator) -> Portrait:
        """Returns the person before a camera, 38 to 48 cm away."""
        return portrait(self.photo, self.landmarks, float(rng.uniform(380, 480)))


def split_of(name: str) -> Split:
    """Returns a folder's side of the subject-disjoint split: a hash of its name, alike everywhere."""
    return "tuning" if hashlib.sha256(name.encode()).digest()[-1] % 2 == 0 else "test"


def load_subjects(
    dataset: Path, split: Split, engine: Engine, limit: int, *, everybody: bool = False
) -> list[Subject]:
    """Returns up to `limit` people of one side of the split, each by the first photograph that can be used.

    dataset: a folder a person, with JPEG or PNG files. `everybody` leaves nobody out for what quality says of
    the photograph, which is what is asked where groups are compared. Raises ValueError where fewer than two
    are found.
    """
    found: list[Subject] = []
    for folder in sorted(dataset.iterdir(), key=lambda path: hashlib.sha256(path.name.encode()).digest()):
        if folder.is_dir() and split_of(folder.name) == split and len(found) < limit:
            read = (_read(path, engine) for path in sorted(folder.iterdir()))
            subject = next((one for one in read if one and (everybody or _is_usable(one, engine))), None)
            found += [subject] if subject else []
    if len(found) < 2:
        raise ValueError(f"{dataset} has fewer than two people to evaluate with")
    return found


def _read(path: Path, engine: Engine) -> Subject | None:
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        return None
    photo = np.ascontiguousarray(read[..., ::-1])
    boxes = engine.detect(photo, thorough=True)
    if len(boxes) != 1:
        return None
    return Subject(path.parent.name, photo, engine.landmarks(photo, boxes[0]).astype(np.float64))


def _is_usable(subject: Subject, engine: Engine) -> bool:
    """Tell whether a photograph is one that a person could sign in with as it is.

    Who speaks, blinks, wears a cap or stands beside somebody is asked again: a photograph cannot answer that.
    """
    pose = head_pose(subject.landmarks, subject.photo.shape[1], subject.photo.shape[0])
    if abs(pose.yaw) > _ACROSS_DEGREES or abs(pose.pitch - 4) > _UP_DEGREES:
        return False
    measured = components(subject.photo, subject.landmarks, 1)
    if min(measured[name] for name in (*_OPEN_AND_STILL, *_UNCOVERED)) < _LEAST:
        return False
    return _is_alone(subject, engine)


def _is_alone(subject: Subject, engine: Engine) -> bool:
    """Tell whether the head's surroundings, which turn and come into view with it, show nobody else."""
    try:
        head = load_head(np.ascontiguousarray(subject.photo[..., ::-1]))
    except NoFace:
        return False
    states = (HeadState(yaw, 0, 0, _BACK_MM, 0, 0, (0, 0), (0, 0, 0)) for yaw in _ASIDE)
    views = (np.clip(render_scene(head, state), 0, 255).astype(np.uint8)[..., ::-1] for state in states)
    return all(len(engine.detect(np.ascontiguousarray(view), thorough=True)) == 1 for view in views)
