"""The engine of this process, loaded once and before the worker's pool forks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from .base import Engine, ModelProblem
from .dlib_onnx import DlibOnnxEngine
from .dlib_plain import DlibEngine
from .faces import DlibFaces, Faces
from .mesh_faces import MeshFaces
from .own_model import OwnModel, OwnModelEngine
from .passive import Passive
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


def load_faces(name: str | None = None) -> Faces:
    """Return what finds faces and landmarks, the same one at every call; raises ModelProblem.

    Names: `mesh` and `dlib`. Without a name it is settings.FACE_FINDER.
    """
    return _load_faces(name or settings.FACE_FINDER)


@cache
def _load_faces(name: str) -> Faces:
    if name == "mesh":
        return MeshFaces(settings.MODELS, cache_folder())
    return DlibFaces()


@cache
def _load(name: str) -> Engine:
    engine = _made(name)
    if settings.PASSIVE_LIVENESS:
        engine.living = Passive(settings.MODELS).living
    return engine


def _made(name: str) -> Engine:
    if name == "sface":
        return SFaceEngine(load_faces(), cache_folder())
    if name == "dlib_onnx":
        return DlibOnnxEngine(load_faces(), cache_folder())
    if name == "dlib":
        return DlibEngine(load_faces())
    if name == "onnx":
        return OwnModelEngine(load_faces(), _own_model())
    raise ModelProblem(f"unknown engine {name!r}")


def _own_model() -> OwnModel:
    given: dict[str, Any] = dict(settings.FACE_MODEL)
    if not given["path"] or not given["sha256"]:
        raise ModelProblem("the engine onnx needs VISOR_FACE_MODEL and VISOR_FACE_MODEL_SHA256")
    given["path"] = Path(given["path"])
    return OwnModel(**given)
