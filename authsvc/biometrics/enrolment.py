"""An enrolment: a first reference of a person, or one in place of it."""

from authsvc.biometrics.examination import examine, keeping
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.types import Manifest, Reason, StageError
from authsvc.privacy.consent import live_consent
from authsvc.protection.base import Features, Protection, Share
from authsvc.protection.registry import protection_for_new
from authsvc.transactions.models import Capture
from authsvc.transactions.records import NewReference


def enrol(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample's plain text, which keeps the reference that was made."""
    protection = protection_for_new()
    examined = examine(capture, sample, plan=protection.enrol, protection=protection)
    return keeping(examined, lambda manifest, made: _keep(capture, protection, manifest, made))


def _keep(capture: Capture, protection: Protection, manifest: Manifest, made: Features) -> NewReference:
    """Keep the reference, and return what the verdict says of it."""
    subject, device = capture.transaction.subject, capture.transaction.device
    consent = live_consent(subject) if subject else None
    if subject is None or device is None or consent is None:
        raise StageError(Reason.REFERENCE, detail="no subject, device or consent")
    share = Share(manifest.share or b"", manifest.share_kind or "")
    kept = protection.protect(made, subject=subject, device=device, share=share, consent=consent.id)
    return NewReference(kept.pseudonym, kept.version, share.kind)
