"""Things in the laboratory's scene: a head's depth, light that comes back by a thing's own shape, layers."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from authsvc.biometrics.headpose import GENERIC_FACE, camera_matrix
from devtools.laboratory.attacks.scene import (
    HEIGHT,
    WIDTH,
    Portrait,
    Surface,
    View,
    grid_mm,
    head_relief,
    render,
    render_layers,
    solid,
)

GREY = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
WHITE_SCREEN = (0.3, 0.3, 0.3)


def sitter() -> Portrait:
    """Return a grey picture with the landmarks of a generic face at 430 mm."""
    points = GENERIC_FACE + np.array([0.0, -20.0, 430.0])
    projected = points @ camera_matrix(WIDTH, HEIGHT).T
    marks = projected[:, :2] / projected[:, 2:]
    return Portrait(GREY, marks, np.ones((HEIGHT, WIDTH), np.float32), 430.0)


def ball(radius: float = 150.0, gloss: float = 0.0) -> Surface:
    out = np.minimum(np.linalg.norm(grid_mm(sitter(), 30), axis=-1) / radius, 0.9)
    return solid(sitter(), radius * (1 - np.sqrt(1 - out**2)), gloss=gloss)


def brightness(surface: Surface, view: View, at: tuple[float, float]) -> float:
    x, y = (int(each) for each in at)
    return float(render(surface, view, GREY)[y - 3 : y + 4, x - 3 : x + 4].mean())


@pytest.mark.requirement("S8.1-01")
def test_a_head_has_the_depth_of_a_generic_one_where_its_landmarks_are() -> None:
    subject = sitter()
    places = (subject.landmarks[None] / 8).astype(np.float32)
    seen = cv2.remap(head_relief(subject), places, None, cv2.INTER_LINEAR)[0].ravel()
    inner = slice(17, 48)
    assert np.sqrt(np.mean((seen - GENERIC_FACE[:, 2])[inner] ** 2)) < 0.7


def test_light_comes_back_by_the_shape_of_a_thing_and_changes_as_it_turns() -> None:
    middle = tuple(sitter().landmarks[30])
    aside = (middle[0] + 130, middle[1])
    lit = View(screen=WHITE_SCREEN)
    front, side = (brightness(ball(), lit, at) for at in (middle, aside))
    assert front > side + 3 > 103
    turned = replace(lit, yaw=-20.0)
    assert brightness(ball(), turned, aside) != pytest.approx(side, abs=0.5)
    assert brightness(ball(), View(yaw=-20.0), middle) == pytest.approx(100, abs=1)


def test_gloss_mirrors_the_screen_where_it_faces_it() -> None:
    lit, middle = View(screen=WHITE_SCREEN), tuple(sitter().landmarks[30])
    assert brightness(ball(gloss=0.12), lit, middle) > brightness(ball(), lit, middle) + 4


def test_a_nearer_layer_covers_and_moves_further() -> None:
    """Two marks that lie on one another part as the layers turn."""
    subject, hole = sitter(), np.zeros((HEIGHT, WIDTH), np.float32)
    x, y = subject.landmarks[30].astype(int)
    hole[y - 10 : y + 10, x - 10 : x + 10] = 1
    far = solid(subject, np.full(grid_mm(subject).shape[:2], 40.0))
    white = replace(subject, texture=np.full_like(GREY, 250))
    near = solid(white, np.full(grid_mm(subject).shape[:2], -40.0), alpha=hole)
    straight, turned = (render_layers((far, near), view, GREY) for view in (View(), View(yaw=-15.0)))
    places = [float(np.flatnonzero(picture[y, :, 0] > 200).mean()) for picture in (straight, turned)]
    alone = render_layers((replace(far, texture=near.texture, alpha=hole),), View(yaw=-15.0), GREY)
    (behind,) = [float(np.flatnonzero(alone[y, :, 0] > 200).mean())]
    assert places[0] == pytest.approx(x, abs=1.5)
    assert abs(places[1] - behind) > 5
