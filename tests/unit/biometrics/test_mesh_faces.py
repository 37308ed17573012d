"""BlazeFace and FaceMesh: faces where dlib sees them, in light in which dlib sees none, and followed."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from django.conf import settings

from authsvc.biometrics.engines.blazeface import FINEST, SIDE, Square, _one_a_face, seen, squares_over
from authsvc.biometrics.engines.exposure import LEVEL, MOST, balanced
from authsvc.biometrics.engines.faces import Faces
from authsvc.biometrics.engines.loading import cache_folder, load_faces
from authsvc.biometrics.engines.mesh_faces import LAYOUT, MeshFaces
from authsvc.biometrics.headpose import GENERIC_FACE
from authsvc.biometrics.types import Array, Image

pytestmark = [pytest.mark.needs("models"), pytest.mark.needs("photos")]
WHOLE = ("astronaut/01.jpg", "biden/01.jpg", "hopper/01.jpg", "obama/01.jpg", "obama/02.jpg", "obama/03.jpg")


@pytest.fixture(scope="module")
def faces() -> MeshFaces:
    return MeshFaces(settings.MODELS, cache_folder())


def picture_of(photos: Path, name: str) -> Image:
    picture = cv2.imread(str(photos / name))
    assert picture is not None
    return np.ascontiguousarray(picture[:, :, ::-1])


def darkened(image: Image, share: float) -> Image:
    return (image * share + 0.5).astype(np.uint8)


def marked(faces: Faces, image: Image) -> Array:
    """Return the landmarks of the largest face."""
    return faces.landmarks(image, faces.detect(image, thorough=True)[0])


def eye_span(points: Array) -> float:
    return float(np.linalg.norm(points[36:42].mean(axis=0) - points[42:48].mean(axis=0)))


def apart(found: Array, expected: Array) -> float:
    """Return the mean distance of brows, nose, eyes and mouth, over the distance of the eyes."""
    return float(np.linalg.norm(found - expected, axis=1)[17:].mean()) / eye_span(expected)


@pytest.mark.parametrize("name", WHOLE)
def test_landmarks_lie_where_dlib_has_them(faces: MeshFaces, photos: Path, name: str) -> None:
    image = picture_of(photos, name)
    assert apart(marked(faces, image), marked(load_faces("dlib"), image)) < 0.09


@pytest.mark.parametrize("share", [0.4, 0.13])
@pytest.mark.parametrize("name", WHOLE)
def test_c02_a_dim_room_hides_no_face(faces: MeshFaces, photos: Path, name: str, share: float) -> None:
    image = picture_of(photos, name)
    assert apart(marked(faces, darkened(image, share)), marked(faces, image)) < 0.03
