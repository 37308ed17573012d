"""Injection attack detection for browser capture: graded findings, after the terms of CEN/TS 18099.

What a page can be asked for is weak evidence: an attacker who controls the page or the operating system can
forge every value looked at here. The findings catch careless injection and raise its cost; they never lift
a browser capture above level L2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, Literal, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

from authsvc.biometrics.types import Burst, Frame, IadResult, Image

Array = NDArray[np.float64]

IAD_VERSION: Final = "iad/2"
LEAST_FRAMES: Final = 3
LEAST_COEFFICIENTS: Final = 150

MOST_SUSPICIOUS: Final = 1
"""Suspicious findings that are still tolerated together."""

VIRTUAL_CAMERA: Final = re.compile(
    r"virtual|\bobs\b|manycam|xsplit|snap ?camera|v4l2loopback|dummy|fake|droidcam|iriun|e2esoft|splitcam"
    r"|youcam|avatarify|deepfacelive|mmhmm|unity ?capture|sparkocam|webcamoid|camtwist",
    re.IGNORECASE,
)


class Severity(StrEnum):
    """How much one finding says: noted only, suspicious, or refused on its own."""

    NOTED = "noted"
    SUSPICIOUS = "suspicious"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation about the frames' origin. code is stable; detail is for the auditor."""

    code: str
    severity: Severity
    detail: str = ""


def assess(burst: Burst, *, answer_lag_ms: float | None, sandbox: bool = False) -> IadResult:
    """Returns the graded findings on a burst whose hash chain decode has verified.

    answer_lag_ms: time from cue to answer, where PAD measured one. sandbox: whether virtual cameras are
    accepted, as for the software phone and a browser's fake device; their findings are then noted only. Fewer
    than three frames are inconclusive. The verdict is "injection" on one hard finding or on more than
    MOST_SUSPICIOUS suspicious ones.
    """
    if len(burst.frames) < LEAST_FRAMES:
        return IadResult("inconclusive", {"too-few-frames": Severity.HARD}, IAD_VERSION)
    findings = collect(burst, answer_lag_ms=answer_lag_ms)
    if sandbox:
        findings = [_tolerated(finding) for finding in findings]
    graded = {finding.code: str(finding.severity) for finding in findings}
    verdict: Literal["genuine", "injection"] = "genuine" if acceptable(findings) else "injection"
    return IadResult(verdict, graded, IAD_VERSION)


def collect(burst: Burst, *, answer_lag_ms: float | None) -> list[Finding]:
    """Returns all findings on a burst, in the order of the checks."""
    frames, camera_facts = burst.frames, burst.manifest.camera
    return [
        *timing(frames),
        *repeats(frames),
        *splices(frames),
        *sensor(frames),
        *reencoding(frames),
        *camera(camera_facts, frames),
        *probing(burst.manifest.probe),
        *latency(answer_lag_ms),
    ]


def timing(frames: Sequence[Frame]) -> list[Finding]:
    """Compares the page's clock with the camera's mediaTime: both must run, and at the same rate.

    Hard: mediaTime stands still or runs backwards. Suspicious: a rate off by more than 15 %, gaps that differ
    by more than a quarter of a second, or a clock without any jitter.
    """
    page = np.array([frame.t_ms for frame in frames])
    media = np.array([frame.media_s for frame in frames]) * 1000
    if (np.diff(media) <= 0).any() or (np.diff(page) <= 0).any():
        return [Finding("clock-stands", Severity.HARD, "mediaTime or page time does not rise")]
    found = []
    rate = (media[-1] - media[0]) / (page[-1] - page[0])
    if abs(rate - 1) > 0.15:
        found.append(
            Finding("clock-rate", Severity.SUSPICIOUS, f"mediaTime runs at {rate:.2f} of the page's time")
        )
    slip = np.diff(media) - np.diff(page)
    if np.abs(slip).max() > 250:
        found.append(
            Finding("clock-slip", Severity.SUSPICIOUS, f"{np.abs(slip).max():.0f} ms between two frames")
        )
    if np.diff(page).std() < 0.02:
        found.append(Finding("no-jitter", Severity.SUSPICIOUS, "frame times are equidistant to 20 µs"))
    return found


def repeats(frames: Sequence[Frame]) -> list[Finding]:
    """Finds frames that occur twice, as files or pictures: a sensor never repeats its noise. Hard."""
    if len({frame.jpeg for frame in frames}) < len(frames):
        return [Finding("repeated-frame", Severity.HARD, "two frames are the same file")]
    small = np.stack([_thumbnail(frame.rgb) for frame in frames])
    gaps = np.abs(small[:, None] - small[None]).mean(axis=2)
    np.fill_diagonal(gaps, np.inf)
    if gaps.min() < 0.02:
        return [Finding("repeated-picture", Severity.HARD, "two frames show the same pixels")]
    return []


def splices(frames: Sequence[Frame]) -> list[Finding]:
    """Finds a change of source within the burst: size or quantisation tables (hard), noise level
    (suspicious).
    """
    if len({frame.rgb.shape for frame in frames}) > 1:
        return [Finding("size-change", Severity.HARD, "frames differ in size")]
    if len({frame.tables for frame in frames}) > 1:
        return [Finding("encoder-change", Severity.HARD, "frames differ in JPEG quantisation tables")]
    levels = np.log2([noise_level(frame.rgb) + 0.05 for frame in frames])
    steps = [abs(levels[:k].mean() - levels[k:].mean()) for k in range(2, len(levels) - 1)]
    if steps and max(steps) > 1.2:
        return [
            Finding(
                "noise-change", Severity.SUSPICIOUS, f"noise changes by a factor of {2 ** max(steps):.1f}"
            )
        ]
    return []


def sensor(frames: Sequence[Frame]) -> list[Finding]:
    """Looks for sensor noise. Suspicious: none, as in rendered or denoised video."""
    middle = frames[len(frames) // 2]
    level = noise_level(middle.rgb)
    if level < 0.12:
        return [Finding("no-noise", Severity.SUSPICIOUS, f"noise of {level:.2f} grey levels")]
    return []


def reencoding(frames: Sequence[Frame]) -> list[Finding]:
    """Looks for an earlier JPEG quantisation under the last one (Popescu and Farid, 2004). Noted only.

    Many cameras deliver MJPEG themselves, so that honest frames have been quantised twice as well.
    """
    middle = frames[len(frames) // 2]
    if middle.tables and double_quantised(middle.rgb, middle.tables[0]):
        return [Finding("re-encoded", Severity.NOTED, "JPEG coefficients were quantised before")]
    return []


def camera(facts: Mapping[str, Any], frames: Sequence[Frame]) -> list[Finding]:
    """Reads the track's own words: label, facing and fps (hertz) of the manifest's camera.

    Hard: a virtual camera's label. Noted: no label, another than the user-facing camera. Suspicious: frames
    closer together than the claimed rate gives any.
    """
    label, facing, rate = str(facts.get("label") or ""), facts.get("facing"), facts.get("fps")
    if VIRTUAL_CAMERA.search(label):
        return [Finding("virtual-camera", Severity.HARD, label[:80])]
    found = [] if label else [Finding("no-label", Severity.NOTED)]
    if facing not in (None, "", "user"):
        found.append(Finding("facing", Severity.NOTED, str(facing)[:20]))
    if _number(rate) and _closest(frames) * rate < 0.5:
        found.append(Finding("faster-than-camera", Severity.SUSPICIOUS, f"claims {rate:.0f} a second"))
    return found


def probing(probe: Mapping[str, Any] | None) -> list[Finding]:
    """Checks whether the pictures followed when the page asked the camera for another size, before the cues.

    probe: {"asked", "before", "got", "seen": each {"width", "height"} in pixels or null, "frames": how many
    pictures it took, or null}, as static/js/capture/probe.js makes it. A phone held upright may name the
    sides of its camera in the other order. Suspicious: no probe, one that cannot be read, a camera that did
    not answer, and pictures that never had the size which the camera said it had taken. Noted: a camera that
    kept its size.
    """
    if not probe:
        return [Finding("no-probe", Severity.SUSPICIOUS)]
    before, got, seen = (_sides(probe.get(name)) for name in ("before", "got", "seen"))
    if before is None or got is None or seen is None:
        return [Finding("probe-unanswered", Severity.SUSPICIOUS, str(probe.get("error", ""))[:40])]
    if seen != got or not _number(probe.get("frames")):
        return [Finding("probe-contradicted", Severity.SUSPICIOUS, f"said {got}, showed {seen}")]
    if got == before and got != _sides(probe.get("asked")):
        return [Finding("probe-unmoved", Severity.NOTED)]
    return []


def latency(answer_lag: float | None) -> list[Finding]:
    """Judges the milliseconds between cue and answer: nobody turns their head within a tenth of a second."""
    if answer_lag is not None and answer_lag < 90:
        return [Finding("answer-too-early", Severity.SUSPICIOUS, f"{answer_lag:.0f} ms after the cue")]
    return []


def acceptable(findings: Sequence[Finding]) -> bool:
    """True where no finding is hard, and no more than MOST_SUSPICIOUS are suspicious."""
    severities = [finding.severity for finding in findings]
    return Severity.HARD not in severities and severities.count(Severity.SUSPICIOUS) <= MOST_SUSPICIOUS


def noise_level(image: Image) -> float:
    """Returns the noise's standard deviation in grey levels, from the flatter half of the picture (Immerkær,
    1996).
    """
    green = cv2.extractChannel(image, 1)[:: 2 if image.shape[0] > 600 else 1]
    residual = np.abs(cv2.sepFilter2D(green, cv2.CV_16S, _SECOND_DIFFERENCE, _SECOND_DIFFERENCE))
    # Whole pixels a block: OpenCV takes ten times as long to share one between two.
    rows, columns = residual.shape[0] // 24 * 24, residual.shape[1] // 32 * 32
    blocks = cv2.resize(residual[:rows, :columns].astype(np.float32), (32, 24), interpolation=cv2.INTER_AREA)
    return float(np.percentile(blocks, 30) * np.sqrt(np.pi / 2) / 6)


def double_quantised(image: Image, table: Sequence[int]) -> bool:
    """True where the histogram of a low JPEG coefficient has the regular gaps of two quantisations.

    table: 64 luminance steps, row by row; the picture must be decoded at full size with its blocks in
    place.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) - 128
    rows, columns = (n // 8 * 8 for n in grey.shape)
    blocks = grey[:rows, :columns].reshape(rows // 8, 8, columns // 8, 8)
    strengths = [_gaps(_coefficient(blocks, *at), table[z]) for at, z in _LOW]
    return float(np.median(strengths)) > 0.35


_SECOND_DIFFERENCE: Final = np.array([1, -2, 1], np.int16)
_LOW: Final = (((0, 1), 1), ((1, 0), 8), ((1, 1), 9))


def _closest(frames: Sequence[Frame]) -> float:
    return min((b.media_s - a.media_s for a, b in pairwise(frames)), default=float("inf"))


def _tolerated(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.NOTED) if finding.code == "virtual-camera" else finding


def _thumbnail(image: Image) -> NDArray[np.float32]:
    return image[4::16, 4::16, 1].astype(np.float32).ravel()


def _sides(size: object) -> tuple[float, float] | None:
    """Returns the shorter and the longer side of a picture in pixels; None for what is no size."""
    if not isinstance(size, Mapping):
        return None
    width, height = size.get("width"), size.get("height")
    return (min(width, height), max(width, height)) if _number(width) and _number(height) else None


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e9


def _coefficient(blocks: NDArray[np.float32], v: int, u: int) -> Array:
    wave_v, wave_u = (
        np.cos((2 * np.arange(8) + 1) * k * np.pi / 16) * (0.5 if k else np.sqrt(0.125)) for k in (v, u)
    )
    rows = np.tensordot(blocks, wave_u.astype(np.float32), axes=(3, 0))
    return np.asarray(np.einsum("ayb,y->ab", rows, wave_v).ravel(), np.float64)


def _gaps(coefficients: Array, step: int) -> float:
    """Returns how periodic the histogram of quantised coefficients is: 0 for one quantisation, near 1 for
    gaps.
    """
    levels = np.rint(coefficients / max(step, 1)).astype(int)
    counts = np.bincount(np.clip(np.abs(levels), 0, 24), minlength=25)[1:24].astype(float)
    smooth = np.convolve(counts, (0.25, 0.5, 0.25), mode="same")
    # The first bins of a peaked histogram differ from their neighbours anyhow.
    total = counts[3:].sum()
    return float(np.abs(counts - smooth)[3:].sum() / total) if total >= LEAST_COEFFICIENTS else 0.0
