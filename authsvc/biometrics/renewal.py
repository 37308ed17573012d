"""A renewal: a person adds a moment to their reference, by their passkey, their face and a capture for it."""

from authsvc.biometrics.crossing import Sent, protection_in, read_sent, send_down
from authsvc.biometrics.examination import examine, keeping
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.references import open_moments
from authsvc.biometrics.types import Manifest, Reason, StageError
from authsvc.privacy.consent import live_consent
from authsvc.privacy.notice import Purpose
from authsvc.protection.base import Features, Protection
from authsvc.transactions.models import Capture
from authsvc.transactions.records import NewReference


def renew(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample's plain text, which keeps the moment that was made.

    It is compared with the first moment alone, at the threshold of a sign-in: compared with all of them, a
    row of renewals could walk from one face to another, each a small step (S9.2-15).
    """
    transaction = capture.transaction
    protection = protection_in(transaction)

    def read(manifest: Manifest) -> Sent:
        return read_sent(capture, sample, manifest)

    examined = examine(
        capture,
        sample,
        plan=protection.renew,
        protection=protection,
        open_reference=lambda manifest: open_moments(transaction, protection, read(manifest))[0],
    )
    return keeping(examined, lambda manifest, made: _add(capture, protection, read(manifest), made))


def _add(capture: Capture, protection: Protection, sent: Sent, made: Features) -> NewReference:
    """Keep the moment, and return what the verdict says of it."""
    subject, device = capture.transaction.subject, capture.transaction.device
    if subject is None or device is None or live_consent(subject, Purpose.FACE) is None:
        raise StageError(Reason.REFERENCE, detail="no subject, device or consent")
    kept = protection.add(made, subject=subject, device=device, share=sent.share)
    send_down(capture, kept, sent, device=device)
    return NewReference(kept.pseudonym, kept.version, sent.share.kind, kept.moment)
