"""Injection attack detection: what honest bursts do not do."""

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from authsvc.biometrics.stages import iad
from authsvc.biometrics.types import Burst, Frame

from .synthetic import burst, face_image

HONEST = burst("head")[0]


def changed(change: Callable[[Frame], dict[str, Any]]) -> Burst:
    return replace(HONEST, frames=tuple(replace(frame, **change(frame)) for frame in HONEST.frames))


def camera(**facts: object) -> Burst:
    manifest = HONEST.manifest
    return replace(HONEST, manifest=replace(manifest, camera={**manifest.camera, **facts}))


def probed(probe: dict[str, object] | None) -> Burst:
    return replace(HONEST, manifest=replace(HONEST.manifest, probe=probe))


def size(width: object, height: object = 240) -> dict[str, object]:
    return {"width": width, "height": height}


def answered(**changes: object) -> Burst:
    return probed({**(HONEST.manifest.probe or {}), **changes})


def codes(sample: Burst, **options: Any) -> dict[str, str]:
    return dict(iad.assess(sample, answer_lag_ms=options.pop("lag", 300.0), **options).findings)


@pytest.mark.requirement("S9.2-06")
def test_honest_burst_is_genuine() -> None:
    result = iad.assess(HONEST, answer_lag_ms=300)
    assert result.verdict == "genuine"
    assert set(result.findings.values()) <= {"noted"}


@pytest.mark.requirement("S8.1-02", "S9.2-06")
@pytest.mark.parametrize(
    ("sample", "code", "severity"),
    [
        (changed(lambda f: {"media_s": 1.0}), "clock-stands", "hard"),
        (changed(lambda f: {"media_s": f.media_s * 2}), "clock-rate", "suspicious"),
        (changed(lambda f: {"media_s": f.media_s + 0.4 * (f.index > 9)}), "clock-slip", "suspicious"),
        (changed(lambda f: {"t_ms": 100.0 + 240 * f.index}), "no-jitter", "suspicious"),
        (changed(lambda f: {"jpeg": bytes(9)}), "repeated-frame", "hard"),
        (changed(lambda f: {"rgb": HONEST.frames[f.index % 6].rgb}), "repeated-picture", "hard"),
        (changed(lambda f: {"rgb": f.rgb[: 480 - 8 * (f.index > 9)]}), "size-change", "hard"),
        (changed(lambda f: {"tables": ((16 + (f.index > 9),) * 64,)}), "encoder-change", "hard"),
        (camera(label="OBS Virtual Camera"), "virtual-camera", "hard"),
        (camera(label=""), "no-label", "noted"),
        (camera(fps=1), "faster-than-camera", "suspicious"),
        (probed(None), "no-probe", "suspicious"),
        (probed({}), "no-probe", "suspicious"),
        (probed({"constraint": "frameRate", "granted": 1, "t": 900}), "probe-unanswered", "suspicious"),
        (answered(got=None, seen=None, error="OverconstrainedError"), "probe-unanswered", "suspicious"),
        (answered(seen=size("320")), "probe-unanswered", "suspicious"),
        (answered(seen=size(float("nan"))), "probe-unanswered", "suspicious"),
        (answered(before=[640, 480]), "probe-unanswered", "suspicious"),
        (answered(seen=size(640, 480), frames=None), "probe-contradicted", "suspicious"),
        (answered(seen=size(640, 480)), "probe-contradicted", "suspicious"),
        (answered(frames=None), "probe-contradicted", "suspicious"),
        (answered(got=size(640, 480), seen=size(640, 480), frames=1), "probe-unmoved", "noted"),
    ],
)
def test_injection_leaves_its_finding(sample: Burst, code: str, severity: str) -> None:
    assert codes(sample)[code] == severity


@pytest.mark.requirement("S9.2-06")
@pytest.mark.parametrize(
    "sample",
    [
        HONEST,
        answered(got=size(240, 320), seen=size(240, 320)),
        answered(got=size(320, 240), seen=size(240, 320)),
        answered(got=size(352, 288), seen=size(352, 288)),
    ],
    ids=["landscape", "portrait", "sides-swapped", "nearest-size"],
)
def test_t27_a_camera_that_follows_is_no_finding(sample: Burst) -> None:
    assert not [code for code in codes(sample) if "probe" in code]


@pytest.mark.requirement("S9.2-06")
def test_hard_finding_refuses() -> None:
    assert iad.assess(camera(label="ManyCam"), answer_lag_ms=None).verdict == "injection"


def test_two_suspicions_refuse_and_one_does_not() -> None:
    one = camera(fps=1)
    assert iad.assess(one, answer_lag_ms=300).verdict == "genuine"
    assert iad.assess(one, answer_lag_ms=20).verdict == "injection"


def test_sandbox_notes_a_virtual_camera_only() -> None:
    assert codes(camera(label="fake_device_0"), sandbox=True)["virtual-camera"] == "noted"


def test_rendered_frames_without_noise_are_suspicious() -> None:
    smooth = np.full((480, 640, 3), 127, np.uint8)
    moving = changed(
        lambda f: {
            "rgb": np.roll(cv2.circle(smooth.copy(), (300, 200), 90, (200, 150, 130), -1), 4 * f.index, 1)
        }
    )
    assert codes(moving)["no-noise"] == "suspicious"


@pytest.mark.requirement("S6.2-02")
def test_two_frames_are_inconclusive() -> None:
    assert iad.assess(replace(HONEST, frames=HONEST.frames[:2]), answer_lag_ms=None).verdict == "inconclusive"


def test_second_quantisation_shows() -> None:
    shapes = cv2.resize(np.random.default_rng(4).normal(0, 40, (96, 128, 1)), (640, 480))[..., None]
    picture = np.clip(face_image(np.random.default_rng(4)) + shapes, 0, 255).astype(np.uint8)
    once, twice = _jpeg(picture, 90), _jpeg(_jpeg(picture, 60), 90)
    table = _luminance(90)
    assert not iad.double_quantised(once, table)
    assert iad.double_quantised(twice, table)


def _jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[..., ::-1]


def _luminance(quality: int) -> tuple[int, ...]:
    stored = BytesIO()
    Image.new("RGB", (16, 16)).save(stored, "JPEG", quality=quality)
    return tuple(Image.open(stored).quantization[0])  # type: ignore[attr-defined]
