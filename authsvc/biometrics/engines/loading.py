"""The engine of this process, loaded once and before the worker's pool forks."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from .base import Engine, ModelProblem
from .dlib_onnx import DlibOnnxEngine
from .dlib_plain import DlibEngine

DEFAULT = "dlib_onnx"


def cache_folder() -> Path:
    """Return where converted models are kept: VISOR_MODEL_CACHE, or below the user's cache folder."""
    named = os.environ.get("VISOR_MODEL_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "visor" / "models"


@cache
def load_engine(name: str = DEFAULT) -> Engine:
    """Return the engine of that name, the same one at every call; raises ModelProblem.

    Names: `dlib_onnx` (default) and `dlib` (the plain library).
    """
    if name == "dlib_onnx":
        return DlibOnnxEngine(cache_folder())
    if name == "dlib":
        return DlibEngine()
    raise ModelProblem(f"unknown engine {name!r}")
