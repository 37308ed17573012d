"""What a face model must offer, and what may be wrong with its files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from authsvc.biometrics.types import Array, Box, Image


class ModelProblem(Exception):
    """A model file is missing, has another hash than the pinned one, or computes something else."""


Look = Callable[[Image, Box], float]


class Engine(Protocol):
    """A face model: every method is pure, and safe in a forked worker.

    `engine_id` names the adapter and hashes every model file: references and evaluation records hold for
    exactly one id. `feature_size` is the length of a vector; vectors compare by `metric`. `apart` is the
    Euclidean distance, 0 to 2, of the mean unit vectors of two groups of frames of one burst from which on
    the groups are rather two people than one. `living` tells how alive the face in a box of a picture looks,
    0 to 1; None where no network is asked (settings.PASSIVE_LIVENESS).
    """

    name: str
    engine_id: str
    feature_size: int
    metric: str
    apart: float
    living: Look | None

    def detect(self, image: Image, *, thorough: bool = False) -> list[Box]:
        """Return the boxes of all faces in an RGB image, the largest first.

        `thorough` tries an enlarged image at last: slow, for enrolment photographs.
        """

    def scan(self, image: Image, *, smallest: float) -> list[Box]:
        """Return the boxes that one look finds of faces from `smallest` pixels of width on, largest first."""

    def way_up(self, image: Image) -> int:
        """Return by how many quarters to the left a picture must be turned for its face to be upright.

        0 where no turned picture shows one more surely than the picture as it is.
        """

    def landmarks(self, image: Image, box: Box) -> Array:
        """Return the 68×2 landmarks of the face in a box."""

    def near(self, image: Image, last: Box) -> Box | None:
        """Return the box of the face near its place in the picture before, None where none is seen there."""

    def held(self, image: Image, last: Box) -> Array | None:
        """Return the landmarks of a face that no detector sees any more, from its last place alone.

        None where the engine can tell that they would be no face's.
        """

    def features(
        self, images: Sequence[Image], landmarks: Sequence[Array], *, mirrored: Sequence[bool] = ()
    ) -> Array:
        """Return n×feature_size float32 features of n faces in one batch; not normalised.

        Where `mirrored` says so, a face's features are the mean with those of its mirror image, which
        halves the false non-matches of single pictures (docs/adr/0010).
        """


def verified_bytes(path: Path, sha256: str) -> bytes:
    """Return a model file's content; raises ModelProblem, naming the file, where it is not the pinned one."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise ModelProblem(f"cannot read the model file {path.name}: {problem.strerror}") from None
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelProblem(
            f"the model file {path.name} has changed: SHA-256 is {found}, {sha256} is expected"
        )
    return content


def engine_id(name: str, hashes: Mapping[str, str]) -> str:
    """Return `name` with a digest over the name and hash of every model file, whatever their order."""
    lines = "".join(f"{file}={digest}\n" for file, digest in sorted(hashes.items()))
    return f"{name}:{hashlib.sha256(lines.encode()).hexdigest()[:24]}"
