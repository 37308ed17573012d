"""Steps that end when they are followed: what frames say of their times, and what a sample may not say."""

from itertools import pairwise

import pytest

from authsvc.biometrics.stages.decode.container import read_manifest
from authsvc.biometrics.stages.pad.observation import planned, shown
from authsvc.biometrics.types import BadSample, Challenge, Manifest, Reason, Step
from devtools.phone.sealing import Binding, Capture, manifest, new_session_key
from devtools.rendering.frame import Frame

from .samples import NONCE

STEPS = (
    Step("centre", 500, colour="#ffffff"),
    Step("left", 400, 22, "#00ff00"),
    Step("left", 900, 22, "#0000ff", least=400),
    Step("up", 400, 15, "#ff00ff"),
    Step("up", 900, 15, "#ffff00", least=400),
)
CHALLENGE = Challenge("", STEPS)
ENDS = (500, 900, 1550, 1950, 2500)


def frames(ends: tuple[int, ...], *, every: int = 125) -> list[tuple[int, float]]:
    """Return step and milliseconds of frames of a page whose steps ended then."""
    return [(sum(t >= end for end in ends), float(t)) for t in range(60, ends[-1], every)]


def test_frames_tell_when_a_step_ended() -> None:
    plan = shown(CHALLENGE, frames(ENDS))
    assert [cue.end for cue in plan[:4]] == pytest.approx(ENDS[:4], abs=125 / 2)
    assert all(one.end == other.start for one, other in pairwise(plan))
    for cue, step in zip(plan, STEPS, strict=True):
        assert step.shortest - 63 <= cue.end - cue.start <= step.ms + 63


def test_no_frame_lies_under_another_step_than_it_says() -> None:
    seen = frames(ENDS, every=90)
    plan = shown(CHALLENGE, seen)
    assert all(plan[step].start <= t <= plan[step].end for step, t in seen)


def test_what_lasts_its_time_is_where_it_was_planned() -> None:
    fixed = Challenge("", tuple(Step(s.cue, s.ms, s.degrees, s.colour) for s in STEPS))
    assert shown(fixed, frames((500, 900, 1800, 2200, 3100))) == planned(fixed)


def test_a_page_that_is_late_is_believed() -> None:
    late = (700, 1200, 2200, 2700, 3700)
    ends = [cue.end for cue in shown(CHALLENGE, frames(late))[:4]]
    assert ends == pytest.approx(late[:4], abs=125)


@pytest.mark.requirement("S9.2-04")
def test_t07_a_sample_whose_steps_ended_before_their_time_is_refused() -> None:
    assert len(received(frames(ENDS)).frames) >= 10
    with pytest.raises(BadSample) as refused:
        received(frames((500, 900, 1100, 1500, 2500)))
    assert refused.value.reason is Reason.FRAME_TIMES


def received(seen: list[tuple[int, float]]) -> Manifest:
    """Return the manifest of a sample with these frames, as it was read."""
    taken = [Frame(step, t, t / 1000, bytes(600)) for step, t in seen]
    body = manifest(Capture(taken, {}, None), Binding("txn", NONCE, "device"), new_session_key())
    return read_manifest(body, transaction_id="txn", challenge=Challenge(NONCE, STEPS))
