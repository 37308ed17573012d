"""What lies around a head is read where no head is, in the upright pictures that a page sends."""

import cv2
import numpy as np
import pytest

from authsvc.biometrics.headpose import GENERIC_FACE
from authsvc.biometrics.stages.pad.surroundings import logarithms, steadied, surroundings

SIZE = (480, 360)
FRAMES = 12
# Red, green and blue of what the camera's own exposure and white balance do, frame by frame.
GAINS = 1 + 0.25 * np.sin(np.arange(FRAMES)[:, None] * (0.5, 0.9, 1.3))
# The head goes to and fro, and answers the screen.
PLACES = 180 + 45 * np.sin(np.arange(FRAMES))


def landmarks(x: float, *, scale: float) -> np.ndarray:
    """Return the 68×2 landmarks of a face whose nose's root is at x, at so many pixels a millimetre."""
    return GENERIC_FACE[:, :2] * scale + (x, 210)


def wall() -> np.ndarray:
    """Return a room of another colour to the left than to the right, with a lamp."""
    across = np.linspace(60, 150, SIZE[1])[None, :, None] * np.array([1.0, 0.8, 0.6])
    room = np.repeat(across, SIZE[0], axis=0)
    cv2.circle(room, (320, 60), 30, (200.0, 190.0, 150.0), -1)
    return room


def picture(frame: int, *, scale: float) -> np.ndarray:
    """Return the head of that frame before the wall, the whole of it through the camera's gains."""
    seen = wall()
    axes = int(1.2 * 73 * scale), int(1.9 * 121 * scale / 2 + 0.1 * scale)
    colour = 90.0 + 80.0 * np.array([frame % 2, frame % 3 == 0, frame % 5 == 0])
    cv2.ellipse(seen, (int(PLACES[frame]), 210), axes, 0, 0, 360, colour.tolist(), -1)
    return np.clip(seen * GAINS[frame], 0, 255).astype(np.uint8)


def course(scales: list[float]) -> np.ndarray | None:
    """Return what is read of the film in which the head has these sizes."""
    images = [picture(at, scale=scale) for at, scale in enumerate(scales)]
    marks = np.array([landmarks(PLACES[at], scale=scale) for at, scale in enumerate(scales)])
    return surroundings(images, marks)


def expected() -> np.ndarray:
    """Return what the gains do to the logarithm of a middling wall."""
    light = logarithms(100.0 * GAINS)
    return np.asarray(light - light.mean(axis=0))


def about(found: np.ndarray) -> np.ndarray:
    """Return the course about its own mean."""
    return np.asarray(found - found.mean(axis=0))


def test_the_course_is_the_cameras_and_not_the_heads() -> None:
    found = course([1.25] * FRAMES)
    assert found is not None
    assert np.abs(about(found) - expected()).max() < 0.06


def test_a_head_that_covers_all_of_a_frame_takes_what_lies_between_its_neighbours() -> None:
    scales = [0.9] * FRAMES
    scales[6] = 4.0
    found, before = course(scales), course([0.9] * FRAMES)
    assert found is not None
    assert before is not None
    between = (found[5] + found[7]) / 2
    assert found[6] == pytest.approx(between, abs=1e-9)
    rest = [at for at in range(FRAMES) if at != 6]
    assert np.abs(about(found[rest]) - about(before[rest])).max() < 0.06


def test_where_a_head_fills_the_picture_throughout_nothing_is_said() -> None:
    assert course([4.0] * FRAMES) is None


def test_what_a_camera_does_slowly_stays_and_what_is_faster_goes() -> None:
    times = np.arange(0.0, 4000.0, 125.0)
    slow = np.column_stack([np.sin(times / 2500), times / 4000, np.zeros_like(times)])
    fast = 0.3 * np.cos(np.arange(len(times)) * np.pi)[:, None] * np.ones(3)
    found = steadied(slow + fast, times)
    inside = slice(8, -8)
    assert np.abs(found - slow)[inside].max() < 0.06
