"""A judgement on a capture: what a sign-in, an enrolment, a binding and a renewal come to alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from authsvc.assurance.evidence import FaceProof
from authsvc.biometrics.types import CaptureContext, Challenge, DecisionResult
from authsvc.transactions.models import Capture
from authsvc.transactions.records import NO_FINDINGS, Findings, NewReference, Verdict

Store = Callable[[], NewReference | None]

MATCHED: Final = "matched"
PRESENT: Final = "present"
"""Why a capture was accepted: the face is the person's, or somebody living is there, whoever they are."""


@dataclass(frozen=True)
class Judgement:
    """What the worker found: what its verdict says, and what must be stored together with it, or None.

    `findings` is what the audit log learns of it; `accepted` is the reason where it was accepted.
    """

    decision: DecisionResult
    face: FaceProof | None = None
    store: Store | None = None
    findings: Findings = NO_FINDINGS
    accepted: str = MATCHED

    def verdict(self, capture: Capture, made: NewReference | None) -> Verdict:
        """Return the verdict on a capture, with the reference that it made; no score is in it (S7-02)."""
        return Verdict(
            tenant=str(capture.tenant_id),
            transaction=capture.transaction_id,
            capture=capture.id,
            sample=capture.sample_digest,
            outcome=self.decision.outcome,
            reason=str(self.decision.reason or self.accepted),
            hint=self.decision.hint,
            face=self.face,
            reference=made,
        )


def context_of(capture: Capture) -> CaptureContext:
    """Return what the capture's sample must belong to."""
    return CaptureContext(
        transaction_id=capture.transaction_id,
        number=capture.number,
        challenge=Challenge.from_json(capture.challenge),
        session_key=capture.transaction.session_key or {},
    )
