"""The engine by which a page compares (model C): its name, and what an evaluation record of it holds for.

It is a hash over the networks, the runtime's version, and the page's scripts that find a face, cut it out
and compare it: whatever changes what a page finds has another record, and words about it have not. Pure: a
process without a face network knows the name too.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from . import script
from .manifest import PAGE, ROOT

NAME: Final = "sface-page"
NETWORK_SHA256: Final = "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee"
"""Of the file with whole numbers as weights, which the worker's engine is made of too (engines/sface.py)."""
NETWORK: Final = f"vendor/comparing/sface-{NETWORK_SHA256[:12]}.onnx"
"""Where a page finds it: the name changes with the file, so that a browser may keep it for good."""

MODELS: Final[Mapping[str, str]] = {
    "network": NETWORK_SHA256,
    "detection": "92cde595690dc8efee10d013c0503c25182e9c91020483f3a9d4eb1ada428505",
    "landmarks": "f8dcfcf7a5e3e23a80153e345547e821b2036ca230eb433408ea44802dd5673e",
    "runtime": "onnxruntime-web 1.30.0",
}
"""What the networks are, as the worker's own (engines/mesh_models.py), and what runs them."""

SCRIPTS: Final = (
    *("comparing/alignment.js", "comparing/comparer.js", "comparing/score.js", "comparing/worker.js"),
    *("tracking/detector.js", "tracking/mesh.js", "tracking/squares.js", "tracking/worker.js"),
)
"""What finds, cuts out and compares, below PAGE."""

SCRIPTS_BESIDE: Final[Mapping[str, str]] = {
    "deadline.js": "ends a wait",
    "surface.js": "gives a canvas, which the frames of the capture are drawn on too",
    "tracking/follower.js": "follows a face from look to look, for the person's guidance alone",
    "tracking/pose.js": "tells how a face is held, for the same",
}
"""What they import beside, and why a record holds without it."""


@cache
def page_engine() -> str:
    """Return the name of the engine of the page that this release serves."""
    return engine_of(ROOT)


def engine_of(root: Path) -> str:
    """Return the name of the page's engine below a folder that is laid out as this repository.

    Raises OSError where a script is missing; ValueError where one cannot be read.
    """
    folder = root / PAGE
    means = {name: script.meaning((folder / name).read_text(encoding="utf-8"), names={}) for name in SCRIPTS}
    digest = hashlib.sha256()
    for name, text in sorted({**MODELS, **means}.items()):
        digest.update(f"{name}\0{text}\0\0".encode())
    return f"{NAME}:{digest.hexdigest()[:24]}"
