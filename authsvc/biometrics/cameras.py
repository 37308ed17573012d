"""Which kind of camera a sample came from, by what the agent says of it (S6.2-07)."""

from collections.abc import Mapping
from typing import Any, Final

from authsvc.biometrics.stages.decode.container import split_container
from authsvc.biometrics.stages.iad import VIRTUAL_CAMERA
from authsvc.biometrics.types import StageError

_FACING: Final = {"user": "front", "environment": "back"}


def camera_kind(sample: bytes) -> str:
    """Return "virtual", "unnamed", "front", "back" or "other" for a sample's camera, "" where it names none.

    It judges nothing: the sample's plain text may be anything. The label itself may tell one person's device
    from others, and goes nowhere.
    """
    try:
        facts = split_container(sample)[0].get("camera")
    except StageError:
        return ""
    return _kind(facts) if isinstance(facts, dict) else ""


def _kind(facts: Mapping[str, Any]) -> str:
    label = str(facts.get("label") or "")
    if VIRTUAL_CAMERA.search(label):
        return "virtual"
    return _FACING.get(str(facts.get("facing")), "other") if label else "unnamed"
