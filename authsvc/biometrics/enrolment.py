"""An enrolment: a first reference of a person, or one in place of it."""

from authsvc.biometrics.crossing import Sent, protection_in, read_sent, require_listed, send_down
from authsvc.biometrics.examination import examine, keeping
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.types import Manifest, Reason, StageError
from authsvc.privacy.consent import live_consent
from authsvc.privacy.notice import Purpose
from authsvc.protection.base import Features, Protection
from authsvc.transactions.models import Capture
from authsvc.transactions.records import NewReference


def enrol(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample's plain text, which keeps the reference that was made.

    Raises StageError where the policy has come to keep nothing of new faces meanwhile.
    """
    protection = protection_in(capture.transaction)
    if not protection.enrol:
        raise StageError(Reason.MODEL_NOT_ALLOWED, detail=f"model {protection.letter} keeps nothing")
    examined = examine(capture, sample, plan=protection.enrol, protection=protection)

    def keep(manifest: Manifest, made: Features) -> NewReference:
        return _keep(capture, protection, read_sent(capture, sample, manifest), made)

    if (manifest := examined[0].manifest) is not None:
        require_listed(capture.transaction, protection, read_sent(capture, sample, manifest))
    return keeping(examined, keep)


def _keep(capture: Capture, protection: Protection, sent: Sent, made: Features) -> NewReference:
    """Keep the reference, and return what the verdict says of it."""
    subject, device = capture.transaction.subject, capture.transaction.device
    consent = live_consent(subject, Purpose.FACE) if subject else None
    if subject is None or device is None or consent is None:
        raise StageError(Reason.REFERENCE, detail="no subject, device or consent")
    kept = protection.protect(made, subject=subject, device=device, share=sent.share, consent=consent.id)
    send_down(capture, kept, sent, device=device)
    return NewReference(kept.pseudonym, kept.version, sent.share.kind)
