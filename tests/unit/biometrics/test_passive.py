"""A network that looks at single pictures: asked only where allowed, and never speaking for a person."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from authsvc.biometrics.engines import loading, passive
from authsvc.biometrics.engines.base import ModelProblem
from authsvc.biometrics.engines.passive import Passive, _around
from authsvc.biometrics.stages.pad import fusion
from authsvc.biometrics.stages.pad.passive import scores
from authsvc.biometrics.types import Array, Box, Image

from . import synthetic
from .test_description import Eyes, described


class Grading:
    """Stands in for the network's session, which takes BGR: it calls pictures with much red alive."""

    def run(self, batch: np.ndarray) -> Array:
        level = float(batch[0, 2].mean())
        return np.array([[level, 128.0, 0.0]], np.float32)


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        ((40, 40, 60, 60), (54, 54, 3)),
        ((0, 0, 20, 20), (54, 54, 3)),
        ((150, 90, 170, 110), (54, 54, 3)),
        ((40, 20, 120, 100), (120, 120, 3)),
    ],
    ids=["inside", "corner", "edge", "larger than the picture"],
)
def test_the_looked_at_part_lies_within_the_picture(box: Box, shape: tuple[int, ...]) -> None:
    assert _around(np.zeros((120, 200, 3), np.uint8), box).shape == shape


def test_it_is_off_unless_it_is_allowed() -> None:
    assert settings.PASSIVE_LIVENESS is False
    assert loading.load_engine().living is None


@pytest.mark.requirement("S9.2-03")
def test_another_network_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / passive.FILE).write_bytes(b"another")
    with pytest.raises(ModelProblem, match=passive.FILE):
        Passive(tmp_path)
    monkeypatch.setattr(settings, "PASSIVE_LIVENESS", True)
    monkeypatch.setattr(settings, "MODELS", tmp_path)
    with pytest.raises(ModelProblem, match=passive.FILE):
        loading._load.__wrapped__("sface")


def test_the_first_class_is_a_living_face(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(passive, "verified_bytes", lambda path, sha256: b"")
    monkeypatch.setattr(passive, "Session", lambda content: Grading())
    network = Passive(tmp_path)
    lively, pale = (np.full((100, 100, 3), (red, 115, 90), np.uint8) for red in (150, 110))
    assert network.living(lively, (30, 30, 60, 60)) > 0.99
    assert network.living(pale, (30, 30, 60, 60)) < 0.01


def test_the_median_over_drawn_frames_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, track, _ = synthetic.burst()
    seen: list[int] = []

    def living(self: Eyes, image: Image, box: Box) -> float:
        seen.append(int(image[0, 0, 0]))
        return 0.1 if len(seen) <= 2 else 0.9

    monkeypatch.setattr(Eyes, "living", living)
    frames = tuple(replace(one, rgb=np.full((480, 640, 3), 200, np.uint8)) for one in sample.frames)
    assert described(replace(sample, frames=frames), track, seed=3).living == pytest.approx(0.9)
    assert len(seen) == 5


def test_it_objects_and_never_speaks_for_a_person() -> None:
    observed = synthetic.observation("head")
    assert scores(observed, None) == {}
    ratios = {value: fusion.fuse(scores(replace(observed, living=value), None)) for value in (0.0, 0.5, 1.0)}
    assert [ratios[value].total for value in (0.0, 0.5, 1.0)] == pytest.approx([-1.05, 0.0, 0.0])
    assert not any(found.vetoes for found in ratios.values())
