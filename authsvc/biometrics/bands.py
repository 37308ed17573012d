"""What the audit log learns of each stage: passed, or at its operating point; never a score."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from authsvc.biometrics.types import SignedPart
from authsvc.core.stages import Stage


def bands_of(parts: Iterable[SignedPart], *, operating_point: str) -> dict[str, str]:
    """Return the band of each stage that a run came to, in their order.

    A comparison is "at 1e-4" or "below 1e-4", at the operating point that was in force: a finer band would be
    a score by another name (S7-02). Every other stage "passed", or is told by its coarse reason.
    """
    return {part.stage: _band(part.stage, json.loads(part.body)["result"], operating_point) for part in parts}


def _band(stage: str, result: Mapping[str, Any], operating_point: str) -> str:
    passed = result.get("passed") is True
    if stage == Stage.COMPARISON:
        return f"{'at' if passed else 'below'} {operating_point}"
    return "passed" if passed else str(result.get("reason"))
