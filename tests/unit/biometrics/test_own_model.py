"""A network of one's own: cut, fed and named as its settings say, and refused where they do not fit it."""

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from authsvc.biometrics.engines import loading
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.own_model import OwnModel, OwnModelEngine

from .synthetic import face_image, landmarks

SIDES = {"arcface": 112, "dlib": 150}


def network(*, side: int = 112, layout: str = "nchw", kind: int = TensorProto.FLOAT) -> bytes:
    """Return a model whose six features are the means of the colours of the upper and the lower half."""
    shape = (3, side, side) if layout == "nchw" else (side, side, 3)
    take = np.zeros((*shape, 6), np.float32)
    for colour in range(3):
        for half, rows in enumerate((slice(0, side // 2), slice(side // 2, side))):
            place = (colour, rows) if layout == "nchw" else (rows, slice(None), colour)
            take[place][..., 3 * half + colour] = 2 / side**2
    nodes = [
        helper.make_node("Cast", ["faces"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["real"], ["flat"]),
        helper.make_node("MatMul", ["flat", "take"], ["features"]),
    ]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("faces", kind, ["n", *shape])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 6])],
        [numpy_helper.from_array(take.reshape(-1, 6), "take")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return model.SerializeToString()


def own(folder: Path, content: bytes, **settings: Any) -> OwnModel:
    path = folder / "own.onnx"
    path.write_bytes(content)
    return OwnModel(path, **{"sha256": hashlib.sha256(content).hexdigest(), **settings})


def engine_of(model: OwnModel) -> OwnModelEngine:
    return OwnModelEngine(loading.load_faces("dlib"), model)


def two_halves(side: int) -> np.ndarray:
    """Return a chip that is red above and blue below."""
    chip = np.zeros((side, side, 3), np.uint8)
    chip[: side // 2, :, 0] = 200
    chip[side // 2 :, :, 2] = 100
    return chip


@pytest.mark.parametrize("crop", ["arcface", "dlib"])
@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("colours", ["rgb", "bgr"])
@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.UINT8])
def test_faces_are_fed_as_the_settings_say(
    tmp_path: Path, crop: Any, layout: Any, colours: Any, kind: int
) -> None:
    content = network(side=SIDES[crop], layout=layout, kind=kind)
    model = own(tmp_path, content, crop=crop, layout=layout, colours=colours, mean=100.0, divisor=50.0)
    (found,) = engine_of(model).describe([two_halves(SIDES[crop])])
    upper, lower = [200.0, 0.0, 0.0], [0.0, 0.0, 100.0]
    if colours == "bgr":
        upper, lower = upper[::-1], lower[::-1]
    expected = np.array([*upper, *lower])
    if kind == TensorProto.FLOAT:
        expected = (expected - 100) / 50
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_batch_has_a_row_a_face(tmp_path: Path) -> None:
    engine = engine_of(own(tmp_path, network()))
    image, points = face_image(np.random.default_rng(1)), landmarks("head").astype(np.float32)
    rows = engine.features([image] * 3, [points] * 3, mirrored=[False, True, False])
    assert rows.shape == (3, engine.feature_size) == (3, 6)
    assert rows[0] == pytest.approx(rows[2])
    assert engine.features([], []).shape == (0, 6)


@pytest.mark.parametrize("pose", [{}, {"yaw": 12}, {"nearer": 120}])
def test_arcface_chips_hold_the_face_upright_in_its_place(pose: dict[str, float]) -> None:
    points = landmarks("head", **pose).astype(np.float32)
    image = np.zeros((480, 640, 3), np.uint8)
    eyes = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    for eye in eyes:
        cv2.circle(image, tuple(int(v) for v in eye), 6, (255, 255, 255), -1)
    turned = cv2.getRotationMatrix2D((320, 240), 25, 1.0)
    lying = cv2.warpAffine(image, turned, (640, 480))
    moved = (points @ turned[:, :2].T + turned[:, 2]).astype(np.float32)
    chip = loading.load_faces("dlib").aligned(np.asarray(lying, np.uint8), moved)
    assert chip.shape == (112, 112, 3)
    rows, columns = np.nonzero(chip[..., 0] > 128)
    assert abs(rows[columns < 56].mean() - rows[columns >= 56].mean()) < 3
    assert 40 < rows.mean() < 60


def test_an_engine_is_named_by_its_file_and_by_how_it_is_fed(tmp_path: Path) -> None:
    content = network()
    ids = {
        engine_of(own(tmp_path, content, **change)).engine_id
        for change in ({}, {"colours": "bgr"}, {"mean": 0.0}, {"divisor": 255.0})
    }
    other = engine_of(own(tmp_path, network(kind=TensorProto.UINT8))).engine_id
    assert len({*ids, other}) == 5
    assert all(one.startswith("onnx:") for one in ids)


@pytest.mark.requirement("S8.1-07")
def test_a_changed_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=r"own\.onnx has changed"):
        engine_of(own(tmp_path, network(), sha256="0" * 64))


@pytest.mark.parametrize(
    ("content", "change", "problem"),
    [
        (network(side=150), {}, "its settings say"),
        (network(), {"crop": "dlib"}, "its settings say"),
        (network(), {"layout": "nhwc"}, "its settings say"),
        (network(kind=TensorProto.DOUBLE), {}, "its settings say"),
        (b"no model", {}, "onnxruntime refuses"),
        (network(), {"crop": "square"}, "crop must be one of arcface, dlib"),
        (network(), {"colours": "grey"}, "colours must be one of rgb, bgr"),
        (network(), {"divisor": 0.0}, "divisor positive"),
        (network(), {"mean": float("nan")}, "must be numbers"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, content: bytes, change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ModelProblem, match=problem):
        engine_of(own(tmp_path, content, **change))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_load", loading._load.__wrapped__)


def test_the_settings_choose_the_engine(fresh: None, tmp_path: Path, settings: Any) -> None:
    model = own(tmp_path, network(layout="nhwc", kind=TensorProto.UINT8))
    settings.FACE_ENGINE = "onnx"
    settings.FACE_MODEL = {
        "path": str(model.path), "sha256": model.sha256, "crop": "arcface", "layout": "nhwc",
        "colours": "bgr", "mean": 0.0, "divisor": 1.0,
    }  # fmt: skip
    engine = loading.load_engine()
    assert (engine.name, engine.feature_size) == ("onnx", 6)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"path": ""}, "VISOR_FACE_MODEL"),
        ({"sha256": ""}, "VISOR_FACE_MODEL_SHA256"),
        ({"mean": float("nan")}, "numbers"),
    ],
)
def test_settings_that_say_too_little_are_refused(
    fresh: None, settings: Any, change: dict[str, Any], problem: str
) -> None:
    settings.FACE_ENGINE = "onnx"
    settings.FACE_MODEL = {**settings.FACE_MODEL, "path": "own.onnx", "sha256": "0" * 64, **change}
    with pytest.raises(ModelProblem, match=problem):
        loading.load_engine()
