"""A renewal: a person adds a moment to their reference, by their passkey, their face and a capture for it."""

from authsvc.biometrics.examination import examine, keeping
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.types import Manifest, Reason, StageError
from authsvc.biometrics.verification import open_moments
from authsvc.privacy.consent import live_consent
from authsvc.protection.base import Features, Protection, Share
from authsvc.protection.registry import protection_of
from authsvc.transactions.models import Capture
from authsvc.transactions.records import NewReference


def renew(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample's plain text, which keeps the moment that was made.

    It is compared with the first moment alone, at the threshold of a sign-in: compared with all of them, a
    row of renewals could walk from one face to another, each a small step (S9.2-15).
    """
    transaction = capture.transaction
    protection = protection_of(transaction.subject)
    examined = examine(
        capture,
        sample,
        plan=protection.renew,
        protection=protection,
        open_reference=lambda manifest: open_moments(transaction, protection, manifest)[0],
    )
    return keeping(examined, lambda manifest, made: _add(capture, protection, manifest, made))


def _add(capture: Capture, protection: Protection, manifest: Manifest, made: Features) -> NewReference:
    """Keep the moment, and return what the verdict says of it."""
    subject, device = capture.transaction.subject, capture.transaction.device
    if subject is None or device is None or live_consent(subject) is None:
        raise StageError(Reason.REFERENCE, detail="no subject, device or consent")
    share = Share(manifest.share or b"", manifest.share_kind or "")
    kept = protection.add(made, subject=subject, device=device, share=share)
    return NewReference(kept.pseudonym, kept.version, share.kind, kept.moment)
