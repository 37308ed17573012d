"""From a stored capture to a judgement: opens the sample in memory, judges by its kind, forgets it."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from authsvc.biometrics.binding import bind
from authsvc.biometrics.enrolment import enrol
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.liveness import see
from authsvc.biometrics.releasing import release
from authsvc.biometrics.renewal import renew
from authsvc.biometrics.types import DecisionResult, Reason, StageError
from authsvc.biometrics.unsealing import SampleLost, unseal_sample
from authsvc.biometrics.verification import verify
from authsvc.keys.outages import is_outage
from authsvc.keys.samples import CannotUnseal
from authsvc.seals.refusals import tell_of
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.services import LOST, is_as_drawn

log = logging.getLogger(__name__)

KINDS: Final[Mapping[str, Callable[[Capture, bytes], Judgement]]] = {
    Transaction.Kind.AUTHENTICATE: verify,
    Transaction.Kind.ENROL: enrol,
    Transaction.Kind.BIND: bind,
    Transaction.Kind.RENEW: renew,
    Transaction.Kind.LIVENESS: see,
}


def judge(capture: Capture, sealed: bytes | None) -> Judgement:
    """Return the judgement on a submitted capture by its sealed sample, which None says is gone.

    Whatever goes wrong refuses, and never raises (S6.2-02). A sample that nobody can open any more is asked
    for again, as one is in whose judgement database or key service went away: neither says anything of the
    person.
    """
    try:
        return _judge(capture, sealed)
    except StageError as problem:
        return _refused(capture, problem.reason, problem.detail)
    except SampleLost as problem:
        return _lost(capture, str(problem))
    except CannotUnseal as problem:
        return _refused(capture, Reason.FOREIGN, str(problem))
    except Exception as problem:  # noqa: BLE001 - an unknown fault must refuse, not hang the person
        if is_outage(problem):
            return _lost(capture, type(problem).__name__)
        log.error("capture %s: %s in the pipeline", capture.id, type(problem).__name__)
        return _refused(capture, Reason.INTERNAL, type(problem).__name__)


def _lost(capture: Capture, why: str) -> Judgement:
    log.info("capture %s is lost: %s", capture.id, why)
    return Judgement(DecisionResult("again", Reason.LOST, LOST))


def _refused(capture: Capture, reason: Reason, detail: str) -> Judgement:
    log.info("capture %s refused: %s (%s)", capture.id, reason, detail)
    return Judgement(DecisionResult("refused", reason))


def _require_as_drawn(capture: Capture) -> None:
    """Refuse an answer to a challenge that was changed since the web drew it (T02).

    One that bears no word is of a release before, running beside this one: the person is asked again.
    """
    if capture.challenge_word is None:
        raise SampleLost("its challenge was drawn by a release before")
    if not is_as_drawn(capture):
        tell_of(capture.tenant_id, "challenge", capture.pk)
        raise StageError(Reason.FOREIGN, detail="its challenge is not the one that was drawn")


def _judge(capture: Capture, sealed: bytes | None) -> Judgement:
    if sealed is None:
        raise SampleLost("the sample is gone")
    _require_as_drawn(capture)
    if capture.releases:
        return release(capture, unseal_sample(sealed, capture=capture))
    return KINDS[capture.transaction.kind](capture, unseal_sample(sealed, capture=capture))
