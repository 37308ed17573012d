"""The decision stage: only from signed parts, all of them, each once, each of this capture (S6.2-04)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from authsvc.biometrics.types import DecisionResult, Reason, SignedPart
from authsvc.core.stages import LIVENESS, Plan, Stage

SIGNED: Final = (
    Stage.DECODE,
    Stage.QUALITY,
    Stage.PAD,
    Stage.IAD,
    Stage.FEATURES,
    Stage.COMPARISON,
)
"""The stages whose results a decision rests on, in their order."""

AGAIN: Final = {Reason.QUALITY, Reason.NON_RESPONSE, Reason.PAD_UNCLEAR}
"""The person can do better, and is asked again: poor pictures cost no match try (S9.2-08), not following the
cues does (T07).
"""


def parts_of(plan: Plan) -> tuple[Stage, ...]:
    """Return the stages that a run of this plan must have passed: all of its own that are signed, and those
    of LIVENESS even where a plan has left one out.
    """
    return tuple(stage for stage in SIGNED if stage in plan or stage in LIVENESS)


def sign_part(stage: str, result: Mapping[str, Any], *, binding: Mapping[str, Any], key: bytes) -> SignedPart:
    """Return a stage's result, bound to its capture and authenticated with HMAC-SHA-256.

    `result` holds `passed`, and `reason` and `hint` where it did not; no score (S7-02).
    """
    body = json.dumps({"stage": stage, "binding": dict(binding), "result": dict(result)}, sort_keys=True)
    return SignedPart(stage, body.encode(), _mac(key, body.encode()))


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, hashlib.sha256)


def decide(
    parts: Sequence[SignedPart], *, binding: Mapping[str, Any], key: bytes, expected: Sequence[str]
) -> DecisionResult:
    """Return the decision on a capture from the parts of its stages, in the order of the stages.

    A part that is missing, doubled, altered, or of another capture refuses. Otherwise the first stage that
    did not pass gives the reason, unless it would ask again for what another found to be injected.
    """
    results: dict[str, Mapping[str, Any]] = {}
    for part in parts:
        fault = _fault(part, binding, key)
        if fault is not None:
            return DecisionResult("refused", fault)
        if part.stage in results:
            return DecisionResult("refused", Reason.PART_DUPLICATED)
        results[part.stage] = json.loads(part.body)["result"]
    if set(expected) - set(results):
        return DecisionResult("refused", Reason.PART_MISSING)
    failed = [_not_passed(results[stage]) for stage in expected if results[stage].get("passed") is not True]
    if failed:
        return _weighed(failed)
    if set(results) - set(expected):
        return DecisionResult("refused", Reason.PART_FOREIGN)
    return DecisionResult("accepted")


def _weighed(failed: Sequence[DecisionResult]) -> DecisionResult:
    """Return what counts of the stages that did not pass: the first, but no second try for an injection."""
    injected = (one for one in failed if one.reason is Reason.IAD_INJECTION)
    return failed[0] if failed[0].outcome != "again" else next(injected, failed[0])


def _fault(part: SignedPart, binding: Mapping[str, Any], key: bytes) -> Reason | None:
    if not hmac.compare_digest(part.mac, _mac(key, part.body)):
        return Reason.PART_ALTERED
    body = json.loads(part.body)
    if body["stage"] != part.stage:
        return Reason.PART_ALTERED
    return None if body["binding"] == dict(binding) else Reason.PART_FOREIGN


def _not_passed(result: Mapping[str, Any]) -> DecisionResult:
    try:
        reason = Reason(result["reason"])
    except (KeyError, ValueError):
        return DecisionResult("refused", Reason.INTERNAL)
    if reason in AGAIN:
        return DecisionResult("again", reason, result.get("hint"))
    return DecisionResult("refused", reason)
