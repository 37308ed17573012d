"""What passes between the stages of the biometric system: frozen, numpy only, no Django, no Celery.

Images are RGB, H×W×3 uint8. Landmarks are 68×2 float32 pixels in the order of the 300-W annotation.
Times are milliseconds since the first cue, except `media_s`. The stages are called like this:

    quality.assess(burst, track, *, minimum)             -> QualityResult
    pad.assess(burst, track, described)                  -> PadResult
    iad.assess(burst, *, answer_lag_ms)                  -> IadResult
    features.assess(described, quality)                  -> FeatureResult
    comparison.assess(probe, reference, *, threshold)    -> ComparisonResult
    decision.decide(parts, ...)                          -> DecisionResult

A stage that cannot come to a result raises StageError with its reason: inconclusive is refused (S6.2-02).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Array = NDArray[np.float32]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the full frame."""


class Reason(StrEnum):
    """Why a capture was not accepted: for auditors and developers, never for the person."""

    # The container (docs/protocol.md section 4)
    TOO_LARGE = "sample-too-large"
    CONTAINER = "container-malformed"
    MANIFEST = "manifest-malformed"
    FOREIGN = "sample-of-another-transaction"
    FLOW = "not-listed-by-the-model"
    LOST = "sample-lost"
    FRAME_COUNT = "frame-count"
    FRAME_TIMES = "frame-times"
    FRAME_HASH = "frame-hash"
    CHAIN = "chain-broken"
    CHAIN_SIGNATURE = "chain-signature"
    # Its pictures
    PICTURE_FORMAT = "picture-format"
    PICTURE_SIZE = "picture-size"
    PICTURE_DAMAGED = "picture-damaged"
    TRAILING_DATA = "picture-trailing-data"
    DECODE_LIMIT = "decode-limit"
    SIMULATED = "simulated-not-allowed"
    # The face
    NO_FACE = "no-face"
    SEVERAL_FACES = "several-faces"
    FACE_LOST = "face-lost"
    # The stages
    QUALITY = "quality-below-limit"
    PAD_ATTACK = "presentation-attack"
    PAD_INCONCLUSIVE = "pad-inconclusive"
    NON_RESPONSE = "cues-not-followed"
    PAD_UNCLEAR = "liveness-unclear"
    IAD_INJECTION = "injection"
    IAD_INCONCLUSIVE = "iad-inconclusive"
    FEATURES = "features-invalid"
    FEW_FRAMES = "too-few-usable-frames"
    REFERENCE = "reference-unusable"
    RESULT = "result-not-bound"
    REFERENCE_TOO_OLD = "reference-too-old"
    MODEL_NOT_ALLOWED = "model-not-allowed"
    ENGINE_MISMATCH = "reference-of-another-engine"
    UNMEASURED = "engine-not-measured"
    NON_MATCH = "non-match"
    INCONSISTENT_ENROLMENT = "enrolment-frames-disagree"
    # The decision
    PART_MISSING = "part-missing"
    PART_ALTERED = "part-altered"
    PART_DUPLICATED = "part-duplicated"
    PART_FOREIGN = "part-of-another-capture"
    INTERNAL = "internal-error"


class StageError(Exception):
    """A stage refuses or cannot conclude; `hint` is a code of the protocol where the person can help it."""

    def __init__(self, reason: Reason, hint: str | None = None, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.hint = hint
        self.detail = detail


class BadSample(StageError):
    """The upload breaks the protocol; nobody's camera page makes such a one."""


class PoorSample(StageError):
    """The upload is sound but unusable; the person is asked again, which costs no match try (S9.2-08)."""


class FewFrames(PoorSample):
    """No neutral frame shows the face."""

    def __init__(self) -> None:
        super().__init__(Reason.FEW_FRAMES, "centre")


@dataclass(frozen=True, slots=True)
class Step:
    """One cue, shown for `ms` milliseconds at most; `degrees` for turns, `colour` (#rrggbb) of the screen.

    From `least` milliseconds on the step ends as soon as it is followed; None where it lasts to its end.
    """

    cue: str
    ms: int
    degrees: float | None = None
    colour: str | None = None
    least: int | None = None

    @property
    def shortest(self) -> int:
        """Milliseconds that the step lasts at least."""
        return self.ms if self.least is None else min(self.least, self.ms)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the server drew after device proof; `nonce` is base64url of 32 bytes, single use."""

    nonce: str
    steps: tuple[Step, ...]
    frames_min: int = 10
    frames_max: int = 40

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Challenge:
        """Read a challenge as sent to the agent (docs/protocol.md section 3); raises KeyError, TypeError."""
        steps = tuple(
            Step(s["cue"], s["ms"], s.get("degrees"), s.get("colour"), s.get("least")) for s in body["steps"]
        )
        limits = body.get("frames", {})
        return cls(body["nonce"], steps, limits.get("min", 10), limits.get("max", 40))


@dataclass(frozen=True, slots=True)
class FrameEntry:
    """A frame's line in the manifest."""

    step: int
    t_ms: float
    media_s: float
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a sample, checked for form (docs/protocol.md section 4); shares are never printed."""

    transaction_id: str
    nonce: str
    device: str
    share: bytes | None = field(repr=False)
    share_kind: str | None
    new_device: str | None
    new_share: bytes | None = field(repr=False)
    new_share_kind: str | None
    camera: Mapping[str, Any]
    probe: Mapping[str, Any] | None
    frames: tuple[FrameEntry, ...]
    chain: bytes
    chain_signature: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame of a burst; `tables` are the JPEG's quantisation tables, `rgb` the upright picture."""

    index: int
    step: int
    t_ms: float
    media_s: float
    jpeg: bytes = field(repr=False)
    rgb: Image = field(repr=False)
    tables: tuple[tuple[int, ...], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Burst:
    """A decoded sample: 10 to 40 frames in rising time, all of one size."""

    transaction_id: str
    challenge: Challenge
    frames: tuple[Frame, ...]
    manifest: Manifest
    simulated: bool = False

    def cue(self, frame: Frame) -> str:
        """Return the cue under which a frame was taken."""
        return self.challenge.steps[frame.step].cue


@dataclass(frozen=True, slots=True, eq=False)
class FrameFace:
    """The one face followed through a frame.

    `eye_span` is the distance of the eyes' centres in pixels. `n_faces` counts the faces that the detector
    found where it looked, or is None where landmarks alone told where the face is.
    """

    box: Box
    landmarks: Array
    eye_span: float
    n_faces: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FaceTrack:
    """The followed face, one entry a frame; None where it was not seen (a far turn hides it)."""

    faces: tuple[FrameFace | None, ...]

    @property
    def seen(self) -> tuple[int, ...]:
        """Indices of the frames that show the face."""
        return tuple(index for index, face in enumerate(self.faces) if face is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Descriptors:
    """Features of some frames, in one batch: n×d float32 as the engine gives them; `frames` are n indices.

    `apart` is the engine's (Engine.apart). `living` is how alive some frames look by Engine.living, their
    median, 0 to 1; None where the engine does not tell.
    """

    vectors: Array
    frames: tuple[int, ...]
    apart: float
    living: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class QualityResult:
    """ISO/IEC 29794-5 quality, 0 to 100: of the burst, and of each neutral frame that shows the face.

    `frames` has None for the others. `components` are medians over the neutral frames; `hint` helps the
    worst component. `doubt` is the hint that helps where a burst is acceptable, but so near a limit that
    liveness detection may take a person for an attack; None where nothing is near one.
    """

    score: float
    frames: tuple[float | None, ...]
    components: Mapping[str, float]
    acceptable: bool
    worst: str | None = None
    hint: str | None = None
    doubt: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PadResult:
    """Presentation attack detection over the burst: log-likelihood ratios by signal, positive for bona fide.

    `verdict` is "bona-fide", "attack", "non-response" (cues not followed) or "inconclusive".
    `answer_lag_ms` is how long after a cue the answer came, where measured; `hint` is the protocol's code for
    what helps a person who is asked again.
    """

    verdict: Literal["bona-fide", "attack", "non-response", "inconclusive"]
    signals: Mapping[str, float]
    llr: float
    reason: str
    version: str
    answer_lag_ms: float | None = None
    hint: str = "follow"


@dataclass(frozen=True, slots=True, eq=False)
class IadResult:
    """Injection attack detection: findings, code to severity. Browser capture never earns more than L2."""

    verdict: Literal["genuine", "injection", "inconclusive"]
    findings: Mapping[str, str]
    version: str


@dataclass(frozen=True, slots=True, eq=False)
class FeatureResult:
    """Features fit for comparison: n×d float32, L2-normalised; `weights` are n, positive, summing to 1."""

    vectors: Array
    frames: tuple[int, ...]
    weights: Array

    @property
    def fused(self) -> Array:
        """The vectors as one (see `fuse`)."""
        return fuse(self.vectors, self.weights)


def fuse(vectors: Array, weights: Array) -> Array:
    """Return the weighted mean of n×d unit vectors, divided by the square root of its length: d float32.

    Pictures of one moment are nearly alike and their mean is long; pictures of several days differ and it is
    short. Half-way normalisation lets one threshold hold for both (docs/adr/0010): with none, what many
    pictures gain is lost; with all of it, the false match rate grows with their number.
    """
    mean = weights @ vectors
    length = float(np.linalg.norm(mean))
    return np.asarray(mean / np.sqrt(length) if length > 0 else mean, np.float32)


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """A score in [-1, 1], higher is more alike, with its threshold; `banded` is all that a log may hold."""

    score: float = field(repr=False)
    threshold: float
    banded: str

    @property
    def matched(self) -> bool:
        """Whether the score reaches the threshold; NaN never does."""
        return bool(self.score >= self.threshold)


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """The decision: `reason` for the audit trail (None where accepted), `hint` where asked again."""

    outcome: Literal["accepted", "refused", "again"]
    reason: Reason | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What policy and evaluation record fix for one capture; nothing in a request alters it (S5.2-03).

    `comparison` is the threshold of the fused score, `quality` 0 to 100; `record` names the evaluation
    record, None where the engine has none (the caller then caps at L1, S9.2-03).
    """

    policy_version: str
    operating_point: str
    comparison: float
    quality: float
    record: str | None
    allow_simulated: bool = False


@dataclass(frozen=True, slots=True)
class CaptureContext:
    """What a sample must belong to: its transaction, the number of its capture, challenge and session key.

    `session_key` is the public JWK that the device proof covers.
    """

    transaction_id: str
    number: int
    challenge: Challenge
    session_key: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A reference: n×d float32 unit vectors, weights that sum to 1, and the engine that made them."""

    vectors: Array = field(repr=False)
    weights: Array = field(repr=False)
    engine: str


@dataclass(frozen=True, slots=True)
class SignedPart:
    """A stage's result, authenticated and bound to its capture (S6.2-04): `body` is canonical JSON."""

    stage: str
    body: bytes
    mac: bytes
