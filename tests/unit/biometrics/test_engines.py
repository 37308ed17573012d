"""The face engines: the default one equals plain dlib, and no engine runs on a changed model file."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from authsvc.biometrics.engines import dlib_models, dlib_onnx
from authsvc.biometrics.engines.base import Engine, ModelProblem, engine_id, verified_bytes
from authsvc.biometrics.engines.conversion import build
from authsvc.biometrics.engines.dlib_models import NETWORK, model_path
from authsvc.biometrics.engines.dlib_onnx import DlibOnnxEngine, converted_network
from authsvc.biometrics.engines.dlib_plain import DlibEngine
from authsvc.biometrics.engines.dlib_weights import FILTERS, PARAMETERS, read_network
from authsvc.biometrics.engines.faces import DlibFaces, Faces, chip
from authsvc.biometrics.engines.loading import cache_folder, load_engine, load_faces
from authsvc.biometrics.types import Array, Box, Image
from tests import needs

needs_photos = pytest.mark.needs("photos")


@pytest.fixture(scope="module")
def default() -> DlibOnnxEngine:
    return DlibOnnxEngine(load_faces("dlib"), cache_folder())


@pytest.fixture(scope="module")
def plain() -> DlibEngine:
    return DlibEngine(load_faces("dlib"))


@pytest.fixture(scope="module")
def faces(default: DlibOnnxEngine) -> list[tuple[Image, Array]]:
    """Every whole face of the photographs with its landmarks."""
    found = []
    for path in sorted(needs.PHOTOS.glob("*/*.jpg")):
        picture = cv2.imread(str(path))
        assert picture is not None
        image = np.ascontiguousarray(picture[:, :, ::-1])
        found += [(image, default.landmarks(image, box)) for box in default.detect(image, thorough=True)]
    return found


@needs_photos
def test_the_default_equals_dlib_on_every_chip(
    default: DlibOnnxEngine, plain: DlibEngine, faces: list[tuple[Image, Array]]
) -> None:
    chips = [chip(image, landmarks) for image, landmarks in faces]
    chips += [np.ascontiguousarray(one[:, ::-1]) for one in chips]
    assert len(chips) >= 12
    assert np.abs(default.describe(chips) - plain.describe(chips)).max() < 1e-5


@needs_photos
def test_a_batch_equals_its_chips_one_by_one(
    default: DlibOnnxEngine, faces: list[tuple[Image, Array]]
) -> None:
    chips = [chip(image, landmarks) for image, landmarks in faces[:4]]
    single = np.concatenate([default.describe([one]) for one in chips])
    assert np.abs(default.describe(chips) - single).max() < 1e-5


@needs_photos
def test_chips_are_those_of_face_recognition(plain: DlibEngine, faces: list[tuple[Image, Array]]) -> None:
    import face_recognition

    image, _ = faces[0]
    box = face_recognition.face_locations(image)[0]
    (theirs,) = face_recognition.face_encodings(image, [box], model="large")
    top, right, bottom, left = box
    (ours,) = plain.features([image], [plain.landmarks(image, (left, top, right, bottom))])
    assert np.linalg.norm(ours - theirs) < 1e-5


@needs_photos
def test_a_mirrored_face_is_the_mean_of_both_sides(
    default: DlibOnnxEngine, faces: list[tuple[Image, Array]]
) -> None:
    image, landmarks = faces[0]
    one, both = default.features([image, image], [landmarks, landmarks], mirrored=[False, True])
    other = default.describe([np.ascontiguousarray(chip(image, landmarks)[:, ::-1])])[0]
    assert np.abs((one + other) / 2 - both).max() < 1e-5


def test_no_faces_give_no_rows(default: DlibOnnxEngine, plain: DlibEngine) -> None:
    assert default.features([], []).shape == (0, 128)
    assert plain.features([], []).shape == (0, 128)


@needs_photos
def test_the_scan_finds_faces_from_its_size_on(photos: Path) -> None:
    picture = cv2.imread(str(photos / "obama" / "01.jpg"))
    assert picture is not None
    image = np.ascontiguousarray(picture[:, :, ::-1])
    faces = DlibFaces()
    left, top, right, bottom = faces.detect(image)[0]
    width = right - left
    assert not faces.scan(image, smallest=3 * width)
    for found in (
        faces.scan(image, smallest=0.6 * width),
        faces.scan(image, smallest=0.7 * width, eager=True),
    ):
        assert len(found) == 1
        assert np.abs(np.subtract(found[0], (left, top, right, bottom))).max() < 0.25 * width


def test_the_half_size_picture_is_searched_first(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = DlibFaces()
    sizes: list[float] = []

    def scan(image: Image, *, smallest: float) -> list[Box]:
        sizes.append(smallest)
        return []

    monkeypatch.setattr(faces, "scan", scan)
    assert faces.detect(np.zeros((480, 640, 3), np.uint8)) == []
    assert sizes == [160.0, 80.0]


def test_engines_have_ids_of_their_own(default: DlibOnnxEngine, plain: DlibEngine) -> None:
    assert default.engine_id.startswith("dlib_onnx:")
    assert plain.engine_id.startswith("dlib:")
    assert engine_id("x", {"a": "1", "b": "2"}) == engine_id("x", {"b": "2", "a": "1"})
    assert len({engine_id("x", {"a": "1"}), engine_id("x", {"a": "2"}), engine_id("y", {"a": "1"})}) == 3


def test_the_engine_is_loaded_once() -> None:
    assert load_engine() is load_engine()
    with pytest.raises(ModelProblem, match="unknown engine 'magic'"):
        load_engine("magic")


@pytest.fixture
def altered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of the model files, with one byte changed."""
    name = NETWORK
    content = bytearray(model_path(name).read_bytes())
    content[-1000] ^= 1
    (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(
        dlib_models, "model_path", lambda wanted: tmp_path / wanted if wanted == name else model_path(wanted)
    )
    return name


@pytest.mark.requirement("S8.1-07")
@pytest.mark.parametrize("make", [DlibEngine, lambda faces: DlibOnnxEngine(faces, cache_folder())])
def test_a_changed_model_file_is_refused_by_name(altered: str, make: Callable[[Faces], Engine]) -> None:
    with pytest.raises(ModelProblem, match=f"{altered} has changed"):
        make(load_faces("dlib"))


def test_a_missing_model_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=r"cannot read the model file gone\.dat"):
        verified_bytes(tmp_path / "gone.dat", "0" * 64)


def test_the_networks_weights_are_all_read() -> None:
    network = read_network(model_path(NETWORK).read_bytes())
    count = network.stem.weights.size + network.matrix.size
    count += sum(one.weights.size for pair in network.blocks for one in pair)
    biases = network.stem.bias.size + sum(one.bias.size for pair in network.blocks for one in pair)
    # A convolution has a bias, and its affine layer a scale and a shift, folded into one bias here.
    assert count + 3 * biases == PARAMETERS
    assert [pair[1].weights.shape[0] for pair in network.blocks] == list(FILTERS)


@pytest.mark.parametrize(
    "spoil", [lambda file: file[: len(file) // 2], lambda file: file.replace(b"fc_2", b"fc_3")]
)
def test_a_damaged_network_is_no_network(spoil: object) -> None:
    content = model_path(NETWORK).read_bytes()
    with pytest.raises(ModelProblem):
        read_network(spoil(content))  # type: ignore[operator]


def test_a_conversion_that_computes_something_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(network: object) -> object:
        network.stem.weights[0] *= 1.5  # type: ignore[attr-defined]
        return build(network)  # type: ignore[arg-type]

    monkeypatch.setattr(dlib_onnx, "build", wrong)
    with pytest.raises(ModelProblem, match="differs from dlib"):
        converted_network(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.requirement("S8.1-07")
def test_a_cached_conversion_that_was_altered_is_made_anew(tmp_path: Path) -> None:
    sound = converted_network(tmp_path)
    (cached,) = tmp_path.glob("*.onnx")
    assert cached.read_bytes() == sound
    spoilt = bytearray(sound)
    spoilt[-1000] ^= 1
    cached.write_bytes(spoilt)
    assert converted_network(tmp_path) == sound
    assert cached.read_bytes() == sound


def test_a_conversion_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = converted_network(tmp_path)
    monkeypatch.setattr(dlib_onnx, "build", None)
    assert converted_network(tmp_path) == made


@pytest.mark.needs("photos")
def test_a_forked_worker_computes_the_same(default: DlibOnnxEngine, faces: list[tuple[Image, Array]]) -> None:
    chips = [chip(*faces[0])]
    before = default.describe(chips)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, default.describe(chips).tobytes())
        os._exit(0)
    os.waitpid(child, 0)
    assert np.frombuffer(os.read(reader, 4096), np.float32).tolist() == before[0].tolist()
    os.close(reader)
    os.close(writer)
