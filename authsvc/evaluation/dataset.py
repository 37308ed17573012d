"""A folder of photographs, one folder a person, and what the engine finds in them; resumable."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.records.manifest import stages_version
from authsvc.biometrics.types import Array, Box, Image

PICTURES: Final = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, eq=False)
class Person:
    """A person's features, n×d and of unit length, in the order of the files; `failed` files gave none.

    `vectors` are averaged with the mirror image, `plain` are not. `seen` and `seen_plain` are the same of the
    same files by what makes probes, where that is another than what makes references.
    """

    name: str
    vectors: Array
    plain: Array
    failed: int
    seen: Array | None = None
    seen_plain: Array | None = None

    @property
    def probes(self) -> tuple[Array, Array]:
        """What a probe is made of, averaged with the mirror image and not."""
        if self.seen is None or self.seen_plain is None:
            return self.vectors, self.plain
        return self.seen, self.seen_plain


def folders(dataset: Path) -> list[Path]:
    """Return the folder of each person, sorted; raises ValueError where there is none."""
    found = sorted(path for path in dataset.iterdir() if path.is_dir()) if dataset.is_dir() else []
    if not found:
        raise ValueError(f"{dataset} holds no folders of people")
    return found


def read_people(
    dataset: Path, engine: Engine, *, cache: Path, progress: Callable[[int, int], None]
) -> Iterator[Person]:
    """Yield every person's features; what an interrupted run of the same judging source found is kept."""
    people = folders(dataset)
    store = kept_in(cache, "both", dataset, engine)
    for number, folder in enumerate(people, start=1):
        path = store / f"{hashlib.sha256(folder.name.encode()).hexdigest()[:24]}.npz"
        if not path.exists():
            _extract(folder, engine, path)
        with np.load(path) as found:
            yield Person(folder.name, found["vectors"], found["plain"], int(found["failed"]))
        progress(number, len(people))


def kept_in(cache: Path, what: str, dataset: Path, engine: Engine) -> Path:
    """Return the folder for what was found in a dataset; another engine or judging source has another."""
    conditions = f"{what} {engine.engine_id} {stages_version()} {dataset.resolve()}"
    folder = cache / hashlib.sha256(conditions.encode()).hexdigest()[:24]
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _extract(folder: Path, engine: Engine, path: Path) -> None:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURES)
    found = [vectors for file in files if (vectors := describe_file(file, engine)) is not None]
    temporary = path.with_suffix(".part.npz")
    both = np.array(found, np.float32).reshape(len(found), 2, engine.feature_size)
    np.savez(temporary, vectors=both[:, 0], plain=both[:, 1], failed=len(files) - len(found))
    temporary.replace(path)


def describe_file(file: Path, engine: Engine) -> Array | None:
    """Return the unit vectors (2×d) of the face nearest the middle of a photograph, None where none is found.

    The first is averaged with the mirror image, the second is not.
    """
    found = read_picture(file, engine)
    if found is None:
        return None
    image, landmarks = found
    vectors = engine.features([image, image], [landmarks, landmarks], mirrored=[True, False])
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def read_picture(file: Path, engine: Engine) -> tuple[Image, Array] | None:
    """Return a photograph (RGB) and the landmarks of the face nearest its middle, None without a face."""
    picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    image: Image = np.ascontiguousarray(picture[:, :, ::-1])
    landmarks = middle_face(image, engine)
    return None if landmarks is None else (image, landmarks)


def middle_face(image: Image, engine: Engine) -> Array | None:
    """Return the landmarks of the face nearest a picture's middle, None where no face is found."""
    boxes = engine.detect(image, thorough=True)
    if not boxes:
        return None
    return engine.landmarks(image, min(boxes, key=lambda one: _off_centre(one, image)))


def _off_centre(box: Box, image: Image) -> float:
    height, width = image.shape[:2]
    return abs(box[0] + box[2] - width) + abs(box[1] + box[3] - height)
