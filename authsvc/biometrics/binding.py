"""A binding: a person's second passkey comes to open the reference, by way of the first and of their face."""

from authsvc.biometrics.crossing import Sent, protection_in, read_sent, send_down
from authsvc.biometrics.examination import examine
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.references import open_template
from authsvc.biometrics.types import Reason, StageError
from authsvc.core.application_models import application_model
from authsvc.devices.models import Device
from authsvc.protection.base import Protection
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
    protection = protection_in(transaction)
    outcome, face, findings = examine(
        capture,
        sample,
        plan=protection.bind,
        protection=protection,
        open_reference=lambda manifest: open_template(
            transaction, protection, read_sent(capture, sample, manifest)
        ),
    )
    manifest = outcome.manifest
    if face is None or manifest is None:
        return Judgement(outcome.decision, face, findings=findings)
    if manifest.new_device != new.credential_id:
        raise StageError(Reason.FOREIGN, detail="sealed for another device")
    sent = read_sent(capture, sample, manifest)
    return Judgement(
        outcome.decision, face, lambda: _admit(capture, protection, sent, new), findings=findings
    )


def _admit(capture: Capture, protection: Protection, sent: Sent, new: Device) -> None:
    """Let the new passkey open the reference; without a share that the model takes it signs in without."""
    subject, device = capture.transaction.subject, capture.transaction.device
    assert subject is not None
    assert device is not None
    row = application_model(protection.letter)
    if row is None or not sent.new_share.value or sent.new_share.kind not in row.shares:
        return
    kept = protection.admit(new, sent.new_share, subject=subject, device=device, share=sent.share)
    send_down(capture, kept, sent, device=new)
    Device.objects.filter(pk=new.pk).update(share_kind=sent.new_share.kind)
