"""A sign-in: is this the person whose reference the passkey opens, or is anybody there where none is kept?"""

from dataclasses import replace

from authsvc.biometrics.crossing import Sent, protection_in, read_sent, require_listed
from authsvc.biometrics.examination import examine
from authsvc.biometrics.judgement import PRESENT, Judgement
from authsvc.biometrics.references import open_template, require_young
from authsvc.biometrics.releasing import judge_result
from authsvc.biometrics.types import Reason, StageError
from authsvc.core.application_models import application_model
from authsvc.core.stages import Stage
from authsvc.protection.base import Protection
from authsvc.transactions.models import Capture, Transaction


def verify(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample's plain text, compared with the person's reference if one is kept.

    Where the phone compares, what it says is held against the pictures that were judged (releasing.py).
    """
    transaction = capture.transaction
    require_young(transaction)
    protection = protection_in(transaction)
    outcome, face, findings = examine(
        capture,
        sample,
        plan=protection.verify,
        protection=protection,
        open_reference=lambda manifest: open_template(
            transaction, protection, read_sent(capture, sample, manifest)
        ),
    )
    if Stage.VAULT in protection.verify or face is None or outcome.manifest is None:
        return Judgement(outcome.decision, face, findings=findings)
    sent = read_sent(capture, sample, outcome.manifest)
    row = application_model(protection.letter)
    if row is not None and row.sends_to_phone:
        return replace(judge_result(capture, sent, outcome.manifest, face), findings=findings)
    _require_nothing_kept(transaction, protection, sent)
    return Judgement(outcome.decision, face, findings=findings, accepted=PRESENT)


def _require_nothing_kept(transaction: Transaction, protection: Protection, sent: Sent) -> None:
    """Refuse to judge without a comparison whoever has a reference, and what came that nobody asked for."""
    require_listed(transaction, protection, sent)
    if transaction.subject is None or transaction.subject.has_face:
        raise StageError(Reason.REFERENCE, detail="no subject, or one with a reference")
