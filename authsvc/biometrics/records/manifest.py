"""What judges: the one list of modules and scripts that an evaluation record holds for.

A record stands on what draws a challenge, makes its frames and comes to a decision. A file that is renamed
keeps its logical name here, and with it the record; a changed threshold, cue or table voids it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from os.path import normpath
from pathlib import Path
from typing import Final

from authsvc.biometrics.stages.pad.families import FAMILIES

from . import script, syntax

ROOT: Final = Path(__file__).resolve().parents[3]
BIOMETRICS: Final = "authsvc/biometrics"
PAGE: Final = "static/js/capture"

MODULES: Final[Mapping[str, str]] = {
    "types": "types.py",
    "challenges": "challenges.py",
    "plans": "../core/stages.py",
    "pipeline": "pipeline.py",
    "tracking": "tracking.py",
    "headpose": "headpose.py",
    "covering": "covering.py",
    "description": "description.py",
    "templates": "templates.py",
    "pixels": "pixels.py",
    "decode": "stages/decode/__init__.py",
    "decode.decoding": "stages/decode/decoding.py",
    "decode.container": "stages/decode/container.py",
    "decode.chain": "stages/decode/chain.py",
    "decode.jpeg": "stages/decode/jpeg.py",
    "decode.pictures": "stages/decode/pictures.py",
    "quality": "stages/quality.py",
    "pad": "stages/pad/__init__.py",
    "pad.assessment": "stages/pad/assessment.py",
    "pad.observation": "stages/pad/observation.py",
    "pad.patches": "stages/pad/patches.py",
    "pad.surroundings": "stages/pad/surroundings.py",
    "pad.calibration": "stages/pad/calibration.py",
    "pad.signals": "stages/pad/signals.py",
    **{f"pad.{name}": f"stages/pad/{module}.py" for name, module in FAMILIES.items()},
    "pad.fusion": "stages/pad/fusion.py",
    "iad": "stages/iad.py",
    "features": "stages/features.py",
    "comparison": "stages/comparison.py",
    "decision": "stages/decision.py",
    "engines.faces": "engines/faces.py",
    "engines.mesh_faces": "engines/mesh_faces.py",
    "engines.mesh_models": "engines/mesh_models.py",
    "engines.blazeface": "engines/blazeface.py",
    "engines.facemesh": "engines/facemesh.py",
    "engines.exposure": "engines/exposure.py",
    "engines.from_tflite": "engines/from_tflite.py",
    "engines.graph": "engines/graph.py",
    "engines.session": "engines/session.py",
    "engines.dlib_plain": "engines/dlib_plain.py",
    "engines.dlib_onnx": "engines/dlib_onnx.py",
    "engines.dlib_weights": "engines/dlib_weights.py",
    "engines.conversion": "engines/conversion.py",
    "engines.own_model": "engines/own_model.py",
    "engines.sface": "engines/sface.py",
    "engines.passive": "engines/passive.py",
    "engines.dequantising": "engines/dequantising.py",
    "engines.converted": "engines/converted.py",
}
"""Logical name to module, from BIOMETRICS on."""

SCRIPTS: Final[Mapping[str, str]] = {
    "page.burst": "burst.js",
    "page.light": "light.js",
    "page.camera": "camera.js",
    "page.framing": "framing.js",
    "page.pictures": "pictures.js",
    "page.surface": "surface.js",
    "page.probe": "probe.js",
}
"""Logical name to script, below PAGE."""

BESIDES: Final[Mapping[str, frozenset[str]]] = {
    "types": frozenset({"Reason"}),
    **{f"pad.{name}": frozenset({"AGAINST", "FAILS"}) for name in FAMILIES},
}
"""What does not judge within a module that does: how the audit trail calls a refusal, and what documents and
the fitting of a calibration read of a signal.
"""

DOES_NOT_JUDGE: Final[Mapping[str, str]] = {
    "stages/pad/families.py": "names the modules of the signals, each of which judges",
    "stages/pad/family.py": "what a module of signals declares",
    "engines/__init__.py": "keeps the library of the networks from reporting its use",
    "engines/base.py": "what an engine offers; an engine's id is part of every record",
    "engines/dlib_models.py": "where model files lie; their hashes are in the engine's id",
    "engines/loading.py": "which engine runs; a record names it",
    "engines/pages.py": "how memory is laid out",
    "engines/quantisation.py": "makes a model file, whose hash is in the engine's id",
    "decoder/program.py": "runs the decoder, computes nothing",
    "decoder/confinement.py": "runs the decoder, computes nothing",
}
"""Modules that are beside those of MODULES or imported by them, and why a record holds without them."""

SCRIPTS_BESIDE: Final[Mapping[str, str]] = {
    "bytes.js": "hashes a frame, changes none",
    "deadline.js": "ends a wait, changes no frame",
}
"""The same for the scripts that those of SCRIPTS import."""


@cache
def stages_version() -> str:
    """Return the SHA-256 over what judges, shortened to 24 digits; part of every evaluation record."""
    return version_of(ROOT)


def version_of(
    root: Path, *, modules: Mapping[str, str] = MODULES, scripts: Mapping[str, str] = SCRIPTS
) -> str:
    """Return the version of the judging source below a folder that is laid out as this repository.

    Raises OSError where a file is missing; SyntaxError or ValueError where one cannot be read.
    """
    digest = hashlib.sha256()
    for name, text in sorted({**_modules(root, modules), **_scripts(root, scripts)}.items()):
        digest.update(f"{name}\0{text}\0\0".encode())
    return digest.hexdigest()[:24]


def _modules(root: Path, modules: Mapping[str, str]) -> Mapping[str, str]:
    names = {dotted(file): name for name, file in modules.items()}
    return {
        name: syntax.meaning(
            (root / BIOMETRICS / file).read_text(encoding="utf-8"),
            package=package_of(file),
            names=names,
            besides=BESIDES.get(name, frozenset()),
        )
        for name, file in modules.items()
    }


def _scripts(root: Path, scripts: Mapping[str, str]) -> Mapping[str, str]:
    names = {file: name for name, file in scripts.items()}
    return {
        name: script.meaning((root / PAGE / file).read_text(encoding="utf-8"), names=names)
        for name, file in scripts.items()
    }


def dotted(file: str) -> str:
    """Return the dotted name of a module below BIOMETRICS."""
    path = Path(normpath(Path(BIOMETRICS, file))).with_suffix("")
    return ".".join(path.parent.parts if path.name == "__init__" else path.parts)


def package_of(file: str) -> str:
    """Return the dotted name of the package that a module below BIOMETRICS is in."""
    return ".".join(Path(normpath(Path(BIOMETRICS, file))).parent.parts)
