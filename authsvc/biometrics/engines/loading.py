"""The engine of this process, loaded once and before the worker's pool forks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from .base import Engine, ModelProblem
from .dlib_onnx import DlibOnnxEngine
from .dlib_plain import DlibEngine
from .own_model import OwnModel, OwnModelEngine
from .sface import SFaceEngine


def cache_folder() -> Path:
    """Return where converted models are kept: VISOR_MODEL_CACHE, or below the user's cache folder."""
    named: Path | None = settings.MODEL_CACHE
    return named or Path.home() / ".cache" / "visor" / "models"


def load_engine(name: str | None = None) -> Engine:
    """Return the engine of that name, the same one at every call; raises ModelProblem.

    Names: `sface`, `dlib_onnx`, `dlib` (the plain library) and `onnx` (a network of one's own, described by
    settings.FACE_MODEL). Without a name it is settings.FACE_ENGINE.
    """
    return _load(name or settings.FACE_ENGINE)


@cache
def _load(name: str) -> Engine:
    if name == "sface":
        return SFaceEngine(cache_folder())
    if name == "dlib_onnx":
        return DlibOnnxEngine(cache_folder())
    if name == "dlib":
        return DlibEngine()
    if name == "onnx":
        return OwnModelEngine(_own_model())
    raise ModelProblem(f"unknown engine {name!r}")


def _own_model() -> OwnModel:
    given: dict[str, Any] = dict(settings.FACE_MODEL)
    if not given["path"] or not given["sha256"]:
        raise ModelProblem("the engine onnx needs VISOR_FACE_MODEL and VISOR_FACE_MODEL_SHA256")
    given["path"] = Path(given["path"])
    return OwnModel(**given)
