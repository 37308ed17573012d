"""What PAD evaluation judges: frames on a clock, for the challenge asked for; made, or read from files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.stages.pad.observation import PlannedCue, planned
from authsvc.biometrics.types import Challenge, Image

Plan = tuple[PlannedCue, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """n RGB `images`, at `times`, n milliseconds since the first cue, for the challenge `plan`.

    stream: width and height of the camera's pictures that they were cut from, None where they are these.
    """

    images: tuple[Image, ...]
    times: NDArray[np.float64]
    plan: Plan
    stream: tuple[int, int] | None = None


def read_burst(folder: Path, entry: Mapping[str, Any]) -> Recording:
    """Returns the burst of a manifest's entry, with the challenge that it answers.

    Raises KeyError, TypeError, ValueError and OSError for what is missing or is no picture.
    """
    images = tuple(_image(folder, frame["file"]) for frame in entry["frames"])
    times = np.array([float(frame["t"]) for frame in entry["frames"]])
    challenge = Challenge.from_json({"nonce": "", "steps": entry["steps"]})
    return Recording(images, times, planned(challenge))


def below(folder: Path, name: str) -> Path:
    """Returns the path of a name below a folder; raises ValueError where it lies elsewhere."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name} lies outside {folder}")
    return path


def _image(folder: Path, name: str) -> Image:
    path = below(folder, name)
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        raise ValueError(f"{name} is no picture")
    return np.ascontiguousarray(read[..., ::-1], np.uint8)
