"""A binding: a person's second passkey comes to open the reference, by way of the first and of their face."""

from authsvc.biometrics.examination import examine
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.types import Manifest, Reason, StageError
from authsvc.biometrics.verification import open_template
from authsvc.devices.models import Device
from authsvc.protection.base import Protection, Share
from authsvc.protection.registry import protection_of
from authsvc.transactions.models import Capture
from authsvc.transactions.services import bound_device


def bind(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample of the person's face, which lets the new passkey in.

    The face is compared as in a sign-in; the sample holds both passkeys' shares.
    """
    transaction = capture.transaction
    new = bound_device(transaction)
    if new is None or new.subject_id != transaction.subject_id:
        raise StageError(Reason.REFERENCE, detail="no new device of this person")
    protection = protection_of(transaction.subject)
    outcome, face, findings = examine(
        capture,
        sample,
        plan=protection.verify,
        protection=protection,
        open_reference=lambda manifest: open_template(transaction, protection, manifest),
    )
    manifest = outcome.manifest
    if face is None or manifest is None:
        return Judgement(outcome.decision, face, findings=findings)
    if manifest.new_device != new.credential_id:
        raise StageError(Reason.FOREIGN, detail="sealed for another device")
    return Judgement(
        outcome.decision, face, lambda: _admit(capture, protection, manifest, new), findings=findings
    )


def _admit(capture: Capture, protection: Protection, manifest: Manifest, new: Device) -> None:
    """Let the new passkey open the reference; one whose device gives no share signs in without the face."""
    subject, device = capture.transaction.subject, capture.transaction.device
    assert subject is not None
    assert device is not None
    share = Share(manifest.share or b"", manifest.share_kind or "")
    new_share = Share(manifest.new_share or b"", manifest.new_share_kind or "")
    if not new_share.value:
        return
    protection.admit(new, new_share, subject=subject, device=device, share=share)
    Device.objects.filter(pk=new.pk).update(share_kind=new_share.kind)
