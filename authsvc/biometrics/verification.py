"""A sign-in: is this the person whose reference the passkey opens?"""

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.biometrics.examination import examine
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.templates import decode_template, join_moments
from authsvc.biometrics.types import Manifest, Reason, StageError, Template
from authsvc.protection.base import Protection, Share
from authsvc.protection.registry import protection_of
from authsvc.transactions.models import Capture, Transaction
from authsvc.vault.ageing import is_absent
from authsvc.vault.opening import CannotOpenReference


def verify(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample's plain text, compared with the person's reference."""
    transaction = capture.transaction
    if is_absent(transaction.subject):
        # The web offers no such face; a worker takes no process's word for it.
        raise StageError(Reason.REFERENCE_TOO_OLD)
    protection = protection_of(transaction.subject)
    outcome, face, findings = examine(
        capture,
        sample,
        plan=protection.verify,
        protection=protection,
        open_reference=lambda manifest: open_template(transaction, protection, manifest),
    )
    return Judgement(outcome.decision, face, findings=findings)


def open_template(transaction: Transaction, protection: Protection, manifest: Manifest) -> Template:
    """Return the person's reference, all its moments as one; raises StageError."""
    return join_moments(open_moments(transaction, protection, manifest))


def open_moments(transaction: Transaction, protection: Protection, manifest: Manifest) -> list[Template]:
    """Return the moments of the person's reference, the oldest first.

    Where one does not open, somebody must hear of it. Raises StageError.
    """
    subject, device = transaction.subject, transaction.device
    if subject is None or device is None or not subject.has_face:
        raise StageError(Reason.REFERENCE, detail="no subject with a reference")
    if manifest.share_kind != protection.requests(device):
        raise StageError(Reason.REFERENCE, detail="the share is of another kind than the device's")
    share = Share(manifest.share or b"", manifest.share_kind or "")
    try:
        templates = protection.open(subject=subject, device=device, share=share)
    except CannotOpenReference as problem:
        record(
            Tag.REFERENCE_ALARM,
            transaction=transaction.id,
            subject=str(subject.id),
            reason=str(Reason.REFERENCE),
            detail=str(problem),
        )
        raise StageError(Reason.REFERENCE, detail=str(problem)) from None
    # Not the pseudonym: the log of people is not to say whose reference is which (S6.1-02).
    record(
        Tag.REFERENCE_OPENED,
        transaction=transaction.id,
        subject=str(subject.id),
        model=protection.letter,
        version=subject.reference_version,
    )
    return [decode_template(template) for template in templates]
