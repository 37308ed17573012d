"""What PAD evaluation judges: frames on a clock, for the challenge that was asked; a folder of real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    """n RGB `images`, at `times`, n milliseconds since the first cue, for the challenge `plan`."""

    images: tuple[Image, ...]
    times: NDArray[np.float64]
    plan: Plan


def read_recordings(folder: Path) -> Iterator[tuple[str, str, Recording]]:
    """Yields (species, subject, recording) of a folder whose manifest.json is a list of

        {"species": name or "bona-fide", "subject": name, "steps": [as in docs/protocol.md, section 3],
         "frames": [{"file": path below the folder, "t": milliseconds since the first cue}, …]}

    Raises ValueError, naming the entry, for a missing field, file or picture, or a file outside the folder.
    """
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for number, entry in enumerate(entries):
        try:
            yield str(entry["species"]), str(entry["subject"]), _recording(folder, entry)
        except (KeyError, TypeError, OSError) as problem:
            raise ValueError(f"entry {number} of the manifest: {problem}") from problem


def _recording(folder: Path, entry: dict[str, Any]) -> Recording:
    images = tuple(_image(folder, frame["file"]) for frame in entry["frames"])
    times = np.array([float(frame["t"]) for frame in entry["frames"]])
    challenge = Challenge.from_json({"nonce": "", "steps": entry["steps"]})
    return Recording(images, times, planned(challenge))


def _image(folder: Path, name: str) -> Image:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name} lies outside {folder}")
    read = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if read is None:
        raise ValueError(f"{name} is no picture")
    return np.ascontiguousarray(read[..., ::-1], np.uint8)
