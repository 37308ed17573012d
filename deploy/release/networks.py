"""The face networks that a release carries, each with its file's hash, its licence and who made it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.archives import ROOT

_GOOGLE: Final = ("Apache-2.0", "Google (MediaPipe)")
_OPENCV: Final = ("MIT", "the authors of SFace, by way of OpenCV Zoo")
_MADE: Final = {
    "face_detection_short_range": _GOOGLE,
    "face_landmark": _GOOGLE,
    "blazeface": _GOOGLE,
    "facemesh": _GOOGLE,
    "sface": _OPENCV,
}
_FOLDERS: Final = ("build/models", "build/static/vendor/tracking", "build/static/vendor/comparing")
_KINDS: Final = {".tflite", ".onnx"}


class UnknownNetwork(Exception):
    """A network lies where a release takes it from, and nobody has said whose it is."""


@dataclass(frozen=True)
class Network:
    """One network's file, from the root of the release on."""

    path: str
    sha256: str
    licence: str
    made_by: str


def carried(root: Path = ROOT) -> Iterator[Network]:
    """Yield each network. Raises UnknownNetwork."""
    for folder in _FOLDERS:
        for path in sorted((root / folder).glob("*")):
            if path.suffix in _KINDS:
                yield _described(root, path)


def _described(root: Path, path: Path) -> Network:
    known = [said for begins, said in _MADE.items() if path.name.startswith(begins)]
    if not known:
        raise UnknownNetwork(f"{path.name}: say in deploy/release/networks.py whose it is")
    licence, made_by = known[0]
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return Network(str(path.relative_to(root)), content, licence, made_by)
