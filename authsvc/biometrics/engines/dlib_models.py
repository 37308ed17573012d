"""The model files of face_recognition_models, pinned by hash."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from .base import ModelProblem, verified_bytes

NETWORK: Final = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARKS: Final = "shape_predictor_68_face_landmarks.dat"

SHA256: Final = {
    NETWORK: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    LANDMARKS: "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
}


def model_path(name: str) -> Path:
    """Return where the installed package keeps a model; raises ModelProblem where it is not installed.

    The package itself is not imported: it needs pkg_resources only to say the same.
    """
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise ModelProblem("the package face_recognition_models is not installed")
    return Path(spec.origin).parent / "models" / name


def checked_path(name: str) -> Path:
    """Return the path of a model whose content has the pinned hash; raises ModelProblem."""
    path = model_path(name)
    verified_bytes(path, SHA256[name])
    return path
