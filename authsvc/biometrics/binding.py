"""A binding: a person's second passkey comes to open the reference, by way of the first; no face is shown."""

from authsvc.biometrics.judgement import Judgement, context_of
from authsvc.biometrics.stages.decode import read_sample
from authsvc.biometrics.types import DecisionResult, Manifest, Reason, StageError
from authsvc.devices.models import Device
from authsvc.protection.base import Share
from authsvc.protection.registry import protection_of
from authsvc.transactions.models import Capture
from authsvc.transactions.services import bound_device


def bind(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample that holds both passkeys' shares, which lets the new one in."""
    context = context_of(capture)
    manifest, _ = read_sample(
        sample,
        transaction_id=context.transaction_id,
        challenge=context.challenge,
        session_key=context.session_key,
    )
    transaction = capture.transaction
    new = bound_device(transaction)
    subject, device = transaction.subject, transaction.device
    if new is None or subject is None or device is None or new.subject_id != subject.pk:
        raise StageError(Reason.REFERENCE, detail="no new device of this person")
    protection = protection_of(subject)
    if manifest.new_device != new.credential_id or manifest.share_kind != protection.requests(device):
        raise StageError(Reason.FOREIGN, detail="sealed for another device")

    def store() -> None:
        share, new_share = _shares(manifest)
        protection.admit(new, new_share, subject=subject, device=device, share=share)
        Device.objects.filter(pk=new.pk).update(share_kind=new_share.kind)

    return Judgement(DecisionResult("accepted"), None, store)


def _shares(manifest: Manifest) -> tuple[Share, Share]:
    return (
        Share(manifest.share or b"", manifest.share_kind or ""),
        Share(manifest.new_share or b"", manifest.new_share_kind or ""),
    )
