"""One frame, as a camera hands it over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One camera frame: its step, `t` in milliseconds since the first cue, `media` in seconds."""

    step: int
    t: float
    media: float
    jpeg: bytes
