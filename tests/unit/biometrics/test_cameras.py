"""The kind of camera that a sample names, and nothing more of it."""

import json
from typing import Any

import pytest

from authsvc.biometrics.cameras import camera_kind

pytestmark = pytest.mark.requirement("S6.2-07")


def sample(manifest: Any) -> bytes:
    text = json.dumps(manifest).encode()
    return b"VSR1" + len(text).to_bytes(4, "big") + text


@pytest.mark.parametrize(
    ("camera", "kind"),
    [
        ({"label": "FaceTime HD", "facing": "user"}, "front"),
        ({"label": "camera2 0", "facing": "environment"}, "back"),
        ({"label": "Integrated Camera", "facing": ""}, "other"),
        ({"label": "", "facing": "user"}, "unnamed"),
        ({"label": "OBS Virtual Camera", "facing": "user"}, "virtual"),
        ({}, "unnamed"),
        ("front", ""),
        (None, ""),
    ],
)
def test_its_kind_is_told_and_its_name_is_not(camera: Any, kind: str) -> None:
    assert camera_kind(sample({"camera": camera})) == kind


@pytest.mark.parametrize("content", [b"", b"VSR1", b"VSR1\x00\x00\x00\x02[]", b"VSR1\xff\xff\xff\xff{}"])
def test_what_is_no_sample_has_none(content: bytes) -> None:
    assert camera_kind(content) == ""
