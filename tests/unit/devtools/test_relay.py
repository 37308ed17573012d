"""A two-phone relay: how often a person before another camera passes, who sees what is asked of them late."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.biometrics.engines.base import Engine
from authsvc.biometrics.stages.pad.observation import planned
from authsvc.biometrics.types import Challenge
from authsvc.evaluation.pad_trials import judge_recording
from devtools.laboratory.relay import late_by, relayed
from tests.campaign import Size, sampled
from tests.unit.devtools.test_attacks import LIT, engine, material

__all__ = ["engine"]
DELAYS = {"none": 0, "200-ms": 200, "500-ms": 500, "1000-ms": 1000}
pytestmark = pytest.mark.requirement("S8.4-03")


def test_what_is_shown_late_is_done_late() -> None:
    plan = planned(Challenge("", LIT))
    shown = late_by(plan, 500)
    assert shown[0].start == plan[0].start
    assert shown[-1].end == plan[-1].end
    begun = {(cue.cue, cue.colour): cue.start for cue in plan[1:]}
    assert [one.start - begun[one.cue, one.colour] for one in shown[1:]] == [500.0] * (len(shown) - 1)
    assert late_by(plan, 0) == plan


@pytest.mark.needs("photos")
@pytest.mark.parametrize("delay", sampled(DELAYS, "1000-ms"))
def test_how_often_a_relay_passes(
    photos: Path,
    engine: Engine,
    delay: int,
    size: Size,
    record_property: Callable[[str, object], None],
) -> None:
    """A rate that is measured; only a second's delay is claimed to be seen, by its light."""
    tries = size("tries", sample=1, whole=60)
    passed = 0
    for seed in range(tries):
        recording = relayed(delay)(material(photos, engine, seed=seed, steps=LIT))
        passed += judge_recording("relay", "obama", recording, engine).accepted
    record_property("relays that passed", f"{passed} of {tries} at {delay} ms")
    assert delay < 1000 or passed == 0


def test_no_relay_gives_a_level_above_what_the_passkey_earns() -> None:
    """Whatever a browser's camera is given: at L3 and above its face counts for nothing."""
    kinds = product(("hwk", "swk"), (True, False), (True, False), ("prf", "browser"), "GBA")
    for passkey, attested, certified, share, model in kinds:
        alone = Evidence(passkey, attested, certified, origin_bound=True, user_verified=True)
        shown = replace(alone, face=True, iad=True, evaluated=True, model=model, share=share)
        assert shown.browser_capture
        assert assess(shown).level == max(assess(alone).level, Level.L2)
