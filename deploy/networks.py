"""Lay the face networks that the capture page follows a face with, as ONNX, into a folder.

They are the worker's own, converted from what `make models` brought, under names that the page knows.
"""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from authsvc.biometrics.engines.mesh_models import DETECTION, LANDMARKS, MeshModel, network
from deploy.archives import ROOT

NAMES: Final[Mapping[str, MeshModel]] = {"blazeface.onnx": DETECTION, "facemesh.onnx": LANDMARKS}


def lay_out(models: Path, target: Path) -> None:
    """Write both networks, from the files in the folder `models`, into the folder `target`.

    Raises ModelProblem where a file is not the pinned one.
    """
    with tempfile.TemporaryDirectory() as cache:
        for name, model in NAMES.items():
            (target / name).write_bytes(network(model, files=models, cache=Path(cache)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", type=Path)
    lay_out(ROOT / "build" / "models", parser.parse_args().target)
