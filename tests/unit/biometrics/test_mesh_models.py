"""MediaPipe's networks: equal to TensorFlow Lite's interpreter, and no other files than the pinned ones."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter
from django.conf import settings

from authsvc.biometrics.engines import from_tflite, mesh_models
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.from_tflite import converted
from authsvc.biometrics.engines.loading import cache_folder
from authsvc.biometrics.engines.mesh_models import MODELS, MeshModel, check_picture, network
from authsvc.biometrics.engines.session import Session
from authsvc.biometrics.types import Array, Image

pytestmark = pytest.mark.needs("models")
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.file)


def interpreted(model: MeshModel, picture: Image) -> Array:
    """Return the row that TensorFlow Lite gives for a picture."""
    interpreter = Interpreter(model_content=(settings.MODELS / model.file).read_bytes(), num_threads=1)
    interpreter.allocate_tensors()
    entering = picture.astype(np.float32) * np.float32(model.scale) + np.float32(model.shift)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], entering[None])
    interpreter.invoke()
    outputs = interpreter.get_output_details()
    return np.concatenate([interpreter.get_tensor(each["index"]).reshape(-1) for each in outputs])


def pictures(side: int, photos: Path) -> list[Image]:
    found = [check_picture(side), np.zeros((side, side, 3), np.uint8)]
    for path in sorted(photos.glob("*/*.jpg")):
        picture = cv2.imread(str(path))
        assert picture is not None
        found.append(np.ascontiguousarray(cv2.resize(picture, (side, side))[:, :, ::-1]))
    return found


@each_model
@pytest.mark.needs("photos")
def test_a_conversion_equals_the_interpreter(model: MeshModel, photos: Path) -> None:
    session = Session(network(model, files=settings.MODELS, cache=cache_folder()))
    given = pictures(model.side, photos)
    rows = session.run(np.stack(given))
    expected = np.stack([interpreted(model, each) for each in given])
    assert rows.shape == expected.shape
    assert np.abs(rows - expected).max() <= 1e-4 * np.ptp(expected)


@each_model
def test_what_a_conversion_is_checked_by_is_what_the_interpreter_says(model: MeshModel) -> None:
    row = interpreted(model, check_picture(model.side))
    assert row[list(model.places)] == pytest.approx(np.array(model.expected), abs=1e-4 * float(np.ptp(row)))


@each_model
def test_a_conversion_is_the_known_one_and_kept(
    model: MeshModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = network(model, files=settings.MODELS, cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == content
    monkeypatch.setattr(mesh_models, "converted", None)
    assert network(model, files=settings.MODELS, cache=tmp_path) == content


@pytest.mark.requirement("S8.1-07")
@each_model
def test_a_changed_file_is_refused_by_name(model: MeshModel, tmp_path: Path) -> None:
    content = bytearray((settings.MODELS / model.file).read_bytes())
    content[-1000] ^= 1
    (tmp_path / model.file).write_bytes(content)
    with pytest.raises(ModelProblem, match=f"{model.file} has changed"):
        network(model, files=tmp_path, cache=cache_folder())


@each_model
def test_a_missing_file_is_named(model: MeshModel, tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=f"cannot read the model file {model.file}"):
        network(model, files=tmp_path, cache=cache_folder())


@pytest.mark.requirement("S8.1-07")
@each_model
def test_a_conversion_that_computes_something_else_is_refused(model: MeshModel, tmp_path: Path) -> None:
    brighter = replace(model, scale=1.1 * model.scale)
    with pytest.raises(ModelProblem, match=f"conversion of {model.file} is off"):
        network(brighter, files=settings.MODELS, cache=tmp_path)
    assert not list(tmp_path.iterdir())


@each_model
def test_an_operator_without_a_conversion_is_refused(
    model: MeshModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = dict(from_tflite._OPERATORS)
    del known[tflite.BuiltinOperator.MAX_POOL_2D]
    monkeypatch.setattr(from_tflite, "_OPERATORS", known)
    source = (settings.MODELS / model.file).read_bytes()
    with pytest.raises(ModelProblem, match="no conversion of TensorFlow Lite's operator"):
        converted(source, scale=model.scale, shift=model.shift)
