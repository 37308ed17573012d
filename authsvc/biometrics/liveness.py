"""Liveness for a relying party's own app (W5): is a living person before this camera, whoever it is?"""

from authsvc.biometrics.crossing import read_sent, refuse_unlisted
from authsvc.biometrics.examination import examine
from authsvc.biometrics.judgement import PRESENT, Judgement
from authsvc.core.application_models import FRAMES_ALONE
from authsvc.protection.base import PRESENCE
from authsvc.transactions.models import Capture


def see(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a sample's plain text: nothing is opened, compared or kept.

    Raises StageError where anything came beside the frames.
    """
    outcome, face, findings = examine(capture, sample, plan=PRESENCE, protection=None)
    if outcome.manifest is not None:
        sent = read_sent(capture, sample, outcome.manifest)
        refuse_unlisted(capture.transaction, FRAMES_ALONE, sent, by="a session of liveness")
    return Judgement(outcome.decision, face, findings=findings, accepted=PRESENT)
