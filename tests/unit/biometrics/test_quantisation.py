"""A face network as int8: nearly the same features, and never taken for the same engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.engines.dlib_onnx import DlibOnnxEngine
from authsvc.biometrics.engines.loading import cache_folder, load_faces
from authsvc.biometrics.engines.own_model import OwnModel, OwnModelEngine
from authsvc.biometrics.engines.quantisation import FEWEST_CHIPS
from authsvc.biometrics.engines.sface import SFaceEngine
from authsvc.biometrics.stages import comparison
from authsvc.biometrics.types import FeatureResult, Reason, StageError, Template

pytestmark = pytest.mark.needs("photos")


@pytest.fixture(scope="module")
def photographs(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs, each brighter and darker too: enough faces to find ranges."""
    folder = tmp_path_factory.mktemp("photographs")
    for path in photos.glob("*/*.jpg"):
        picture = cv2.imread(str(path))
        assert picture is not None
        (folder / path.parent.name).mkdir(exist_ok=True)
        for gain in (0.6, 0.8, 1.0, 1.2):
            changed = cv2.convertScaleAbs(picture, alpha=gain)
            cv2.imwrite(str(folder / path.parent.name / f"{path.stem}-{gain}.jpg"), changed)
    return folder


def chosen(printed: str) -> OwnModel:
    """Return the network that the printed settings choose."""
    said = dict(line.removeprefix("VISOR_FACE_MODEL").split("=", 1) for line in printed.split())
    assert said.pop("VISOR_FACE_ENGINE") == "onnx"
    fed: dict[str, Any] = {name: said.pop(f"_{name.upper()}") for name in ("crop", "layout")}
    path, sha256 = said.pop(""), said.pop("_SHA256")
    numbers: dict[str, Any] = {name[1:].lower(): float(value) for name, value in said.items()}
    return OwnModel(Path(path), sha256, **fed, **numbers)


@pytest.mark.parametrize(
    ("network", "make", "alike"),
    [("sface", SFaceEngine, 0.95), ("dlib", DlibOnnxEngine, 0.99)],
    ids=["sface", "dlib"],
)
def test_it_describes_nearly_alike_under_an_id_of_its_own(
    photographs: Path,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    network: str,
    make: Callable[..., Engine],
    alike: float,
) -> None:
    call_command("quantise", photographs, network=network, faces=16, out=tmp_path / "int8.onnx")
    faces = load_faces()
    whole, exact = OwnModelEngine(faces, chosen(capsys.readouterr().out)), make(faces, cache_folder())
    assert whole.apart == exact.apart
    picture = cv2.imread(str(photos / "obama" / "01.jpg"))
    assert picture is not None
    image = np.ascontiguousarray(picture[:, :, ::-1])
    landmarks = exact.landmarks(image, exact.detect(image)[0])
    (ours,), (theirs,) = (engine.features([image], [landmarks]) for engine in (whole, exact))
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > alike
    assert whole.engine_id != exact.engine_id
    probe = FeatureResult(ours[None], (0,), np.ones(1, np.float32))
    reference = Template(theirs[None], np.ones(1, np.float32), exact.engine_id)
    with pytest.raises(StageError) as refused:
        comparison.assess(probe, reference, engine_id=whole.engine_id, threshold=0.5)
    assert refused.value.reason == Reason.ENGINE_MISMATCH


def test_too_few_faces_are_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"at least {FEWEST_CHIPS} faces"):
        call_command("quantise", photos, out=tmp_path / "int8.onnx")
