"""A worker whose model file was swapped does not start, and says which file it is (S8.1-07)."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from authsvc.biometrics.engines import mesh_models
from authsvc.biometrics.engines.dlib_models import LANDMARKS, NETWORK, model_path
from authsvc.biometrics.engines.mesh_models import MeshModel
from tests import needs
from tests.needs import ROOT

# A worker that reads one of its models from another folder.
ELSEWHERE = """
import sys
from pathlib import Path
from authsvc.biometrics.engines import dlib_models
folder, swapped, real = Path(sys.argv[1]), sys.argv[2], dlib_models.model_path
dlib_models.model_path = lambda name: folder / name if name == swapped else real(name)
from celery.__main__ import main
sys.argv = ["celery", "--app", "config", "worker", "--pool", "solo", "--loglevel", "WARNING"]
main()
"""


def start_worker(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("VISOR_")}
    env = {
        **mine,
        "VISOR_ENVIRONMENT": "test",
        "VISOR_ROLES": "worker",
        "VISOR_DATA_DIR": str(folder),
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.requirement("S8.1-07")
@pytest.mark.parametrize("name", [NETWORK, LANDMARKS])
def test_a_changed_model_of_the_package_stops_the_worker(tmp_path: Path, name: str) -> None:
    content = bytearray(model_path(name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    done = start_worker(
        tmp_path,
        "-c",
        ELSEWHERE,
        str(tmp_path),
        name,
        VISOR_FACE_ENGINE="dlib_onnx",
        VISOR_FACE_FINDER="dlib",
    )
    assert done.returncode != 0
    assert f"The worker does not start: the model file {name} has changed" in done.stderr
    assert hashlib.sha256(content).hexdigest() in done.stderr


@pytest.mark.requirement("S8.1-07")
@pytest.mark.needs("models")
@pytest.mark.parametrize("model", mesh_models.MODELS, ids=lambda model: model.file)
def test_a_changed_network_that_finds_faces_stops_the_worker(tmp_path: Path, model: MeshModel) -> None:
    folder = tmp_path / "models"
    shutil.copytree(needs.MODELS, folder)
    content = bytearray((folder / model.file).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / model.file).write_bytes(content)
    worker = ("-m", "celery", "--app", "config", "worker", "--pool", "solo")
    done = start_worker(tmp_path, *worker, VISOR_FACE_FINDER="mesh", VISOR_MODELS=str(folder))
    assert done.returncode != 0
    assert f"The worker does not start: the model file {model.file} has changed" in done.stderr


@pytest.mark.requirement("S8.1-07")
def test_a_changed_model_of_ones_own_stops_the_worker(tmp_path: Path) -> None:
    model = tmp_path / "own.onnx"
    model.write_bytes(b"swapped")
    done = start_worker(
        tmp_path,
        *("-m", "celery", "--app", "config", "worker", "--pool", "solo"),
        VISOR_FACE_ENGINE="onnx",
        VISOR_FACE_MODEL=str(model),
        VISOR_FACE_MODEL_SHA256=hashlib.sha256(b"as it was").hexdigest(),
    )
    assert done.returncode != 0
    assert "The worker does not start: the model file own.onnx has changed" in done.stderr
