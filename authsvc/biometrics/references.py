"""A person's reference, opened in a worker's memory by the application model that it is kept by."""

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.biometrics.crossing import Sent, require_listed
from authsvc.biometrics.templates import decode_template, join_moments
from authsvc.biometrics.types import Reason, StageError, Template
from authsvc.biometrics.unsealing import SampleLost
from authsvc.protection.base import Protection
from authsvc.protection.registry import is_allowed
from authsvc.transactions.models import Transaction
from authsvc.vault.ageing import is_absent
from authsvc.vault.opening import CannotOpenReference, StoreNotReached


def require_young(transaction: Transaction) -> None:
    """Refuse a face that is too old to count; raises StageError.

    The web offers no such face; a worker takes no process's word for it.
    """
    if is_absent(transaction.subject):
        raise StageError(Reason.REFERENCE_TOO_OLD)


def require_allowed(protection: Protection) -> None:
    """Refuse by a model that the policy does not allow any more; raises StageError."""
    if not is_allowed(protection.letter):
        raise StageError(Reason.MODEL_NOT_ALLOWED, detail=f"model {protection.letter}")


def open_template(transaction: Transaction, protection: Protection, sent: Sent) -> Template:
    """Return the person's reference, all its moments as one; raises StageError."""
    return join_moments(open_moments(transaction, protection, sent))


def open_moments(transaction: Transaction, protection: Protection, sent: Sent) -> list[Template]:
    """Return the moments of the person's reference, the oldest first.

    Where one does not open, somebody must hear of it. Raises StageError; SampleLost where the store does not
    answer, which is nothing that the person did.
    """
    subject, device = transaction.subject, transaction.device
    if subject is None or device is None or not subject.has_face:
        raise StageError(Reason.REFERENCE, detail="no subject with a reference")
    require_allowed(protection)
    require_listed(transaction, protection, sent)
    if (sent.share.kind or None) != protection.requests(device):
        raise StageError(Reason.REFERENCE, detail="the share is of another kind than the device's")
    try:
        templates = protection.open(subject=subject, device=device, share=sent.share)
    except CannotOpenReference as problem:
        record(
            problem.tag,
            transaction=transaction.id,
            subject=str(subject.id),
            reason=problem.how or str(Reason.REFERENCE),
            detail=str(problem),
        )
        if isinstance(problem, StoreNotReached):
            raise SampleLost(str(problem)) from None
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
