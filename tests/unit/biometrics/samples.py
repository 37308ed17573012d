"""Real photographs, rendered as bursts and packed as samples, and what a worker needs to judge them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric import ec

from authsvc.biometrics.types import CaptureContext, Challenge, Step, Thresholds
from devtools.phone import sealing
from devtools.rendering import photographs
from devtools.rendering.frame import Frame
from devtools.rendering.render import render_burst
from tests import needs

STEPS = (
    Step("centre", 1000),
    Step("right", 1400, 25.0),
    Step("left", 1400, 25.0),
    Step("nearer", 1400),
    Step("centre", 900),
)
NONCE = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
CHALLENGE = Challenge(NONCE, STEPS)
THRESHOLDS = Thresholds(
    "policy", "1e-4", comparison=0.54, quality=40.0, record="record", allow_simulated=True
)
TRANSACTION = "transaction"


@dataclass
class Sample:
    """A sample before it is sealed; `change` spoils its manifest after the chain was signed."""

    frames: list[Frame]
    camera: dict[str, Any] = field(default_factory=dict)
    key: ec.EllipticCurvePrivateKey = field(default_factory=sealing.new_session_key)
    change: Callable[[dict[str, Any]], None] = lambda _: None

    @property
    def plain(self) -> bytes:
        """The sample's plain text."""
        return self.packed(self.frames)

    def packed(self, sent: Sequence[Frame]) -> bytes:
        """Return the plain text of a sample that holds other frames than those whose chain was signed."""
        capture = sealing.Capture(self.frames, self.camera, None)
        binding = sealing.Binding(TRANSACTION, NONCE, "device")
        content = sealing.manifest(capture, binding, self.key)
        self.change(content)
        return sealing.container(content, sent)

    @property
    def context(self) -> CaptureContext:
        """What the worker knows of the capture."""
        return CaptureContext(TRANSACTION, 1, CHALLENGE, sealing.public_jwk(self.key))


def sample_of(files: Sequence[bytes]) -> Sample:
    """Return a sample whose frames are these files, taken evenly over the challenge."""
    ends = np.cumsum([step.ms for step in STEPS])
    times = (np.arange(len(files)) + 0.5) * float(ends[-1]) / max(len(files), 1)
    frames = [
        Frame(int(np.searchsorted(ends, time)), float(time), 0.2 + float(time) / 1000, content)
        for time, content in zip(times, files, strict=True)
    ]
    return Sample(frames, {"label": "Front camera", "facing": "user", "width": 640, "height": 480, "fps": 30})


@cache
def rendered(person: str, *, seed: int = 1, swap_to: str | None = None, still: bool = False) -> Sample:
    """Return a burst of 24 frames in which a person's photographs answer the challenge."""
    steps = [
        {name: value for name, value in (("cue", s.cue), ("ms", s.ms), ("degrees", s.degrees)) if value}
        for s in STEPS
    ]
    body = {"steps": steps, "frames": {"min": 24, "max": 24, "fps": 4, "width": 640, "height": 480}}
    other = None if swap_to is None else _photographs(swap_to)[0]
    frames, camera = render_burst(
        _photographs(person)[0], body, np.random.default_rng(seed), attentive=not still, swap_to=other
    )
    return Sample(frames, camera)


@cache
def _photographs(person: str) -> list[Any]:
    return photographs.read(needs.PHOTOS / person)


def photograph(person: str, number: int = 1) -> Path:
    """Return the path of a person's photograph."""
    return needs.PHOTOS / person / f"{number:02}.jpg"
