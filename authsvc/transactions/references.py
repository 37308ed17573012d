"""What an enrolment or a renewal made: the person's own once it is finished, destroyed where it is not.

A worker keeps the reference, or the moment that is added to one, with its verdict; until the attempt is
finished nothing points to it. The worker's signed verdict says which it is; no row of the web's own is
believed for that.
"""

from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.transactions import tries
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import NewReference
from authsvc.transactions.verdict import check_verdict, verdict_refused
from authsvc.vault.ageing import as_stored, moments_of, with_moment
from authsvc.vault.lifecycle import drop_moments, model_of, qualities_of, revoke_reference


def attach_reference(row: Transaction, subject: Subject) -> None:
    """Make the reference of a consumed enrolment the person's own, and erase the one of before.

    Call inside a database transaction that holds the lock of the person's row, `subject`. An enrolment
    without a face changes nothing. Raises Refused where no worker of ours vouches for the reference, where
    the person got another one since it was made (`reference-stale`), and where it was erased.
    """
    face = row.evidence.face
    if face is None:
        return
    made = _made_in(Capture.objects.get(pk=face.capture, transaction=row))
    if made is None:
        raise verdict_refused("an enrolment without a reference")
    _require_next(made, subject)
    before = subject.reference
    subject.reference, subject.reference_version = made.pseudonym, made.version
    subject.reference_moments = as_stored(made.pseudonym, with_moment([], made.pseudonym))
    subject.save(update_fields=["reference", "reference_version", "reference_moments"])
    Device.objects.filter(pk=row.device_id).update(share_kind=made.share_kind)
    if before and before != made.pseudonym:
        revoke_reference(pseudonym=before, reason="replaced")
    tries.rebind_face(subject)


def drop_reference(subject: Subject, *, reason: str) -> bool:
    """Erase a person's reference for good, and take it from their row; False where there was none.

    Call inside a database transaction that holds the lock of the person's row, `subject`.
    """
    if not subject.has_face:
        return False
    revoke_reference(pseudonym=subject.reference, reason=reason)
    subject.reference, subject.reference_moments = "", None
    subject.save(update_fields=["reference", "reference_moments"])
    return True


def attach_moment(row: Transaction, subject: Subject) -> int:
    """Let the moment of a consumed renewal count, and return how many do now.

    What it takes the place of is erased (vault/ageing.py). Call as `attach_reference`. Raises Refused where
    no worker of ours vouches for the moment, and where the person got another reference since it was made.
    """
    face = row.evidence.face
    made = _made_in(Capture.objects.get(pk=face.capture, transaction=row)) if face else None
    if made is None or not made.moment:
        raise verdict_refused("a renewal without a moment")
    same = (subject.reference, subject.reference_version) == (made.pseudonym, made.version)
    if not same or made.moment not in qualities_of(made.pseudonym):
        raise _stale(
            detail=f"a moment of version {made.version}, the person is at {subject.reference_version}"
        )
    before = moments_of(subject)
    kept = with_moment(before, made.moment)
    subject.reference_moments = as_stored(made.pseudonym, kept)
    subject.save(update_fields=["reference_moments"])
    staying = {each.id for each in kept}
    drop_moments(pseudonym=made.pseudonym, moments=[each.id for each in before if each.id not in staying])
    return len(kept)


def discard_reference(row: Transaction) -> None:
    """Destroy what an enrolment or a renewal made that ends without being finished; a person's own stays."""
    for capture in Capture.objects.filter(transaction=row, state=Capture.State.ACCEPTED):
        try:
            made = _made_in(capture)
        except Refused:
            continue
        if made is not None and made.moment:
            drop_moments(pseudonym=made.pseudonym, moments=[made.moment])
        elif made is not None and not Subject.objects.filter(reference=made.pseudonym).exists():
            revoke_reference(pseudonym=made.pseudonym, reason="not-finished")


def _made_in(capture: Capture) -> NewReference | None:
    return check_verdict(capture.verdict, capture=capture).reference


def _require_next(made: NewReference, subject: Subject) -> None:
    attached = (subject.reference, subject.reference_version) == (made.pseudonym, made.version)
    # A release before this one attached it with the verdict already.
    if attached or (made.version == subject.reference_version + 1 and model_of(made.pseudonym)):
        return
    raise _stale(detail=f"version {made.version} was made, the person is at {subject.reference_version}")


def _stale(*, detail: str) -> Refused:
    return Refused(
        "reference-stale",
        _("Something changed while you were setting up. Please start again."),
        detail=detail,
        status=409,
    )
