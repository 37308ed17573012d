"""Faces: what is known of a person's, removing it, and withdrawing the consent to it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.application_models import ApplicationModel, application_model
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.management.receipts import new_receipt
from authsvc.oidc.sessions.logout.ending import end_everything_of
from authsvc.privacy.consent import withdraw_consent
from authsvc.subjects.models import Subject
from authsvc.transactions.drift import Recognised, recognised
from authsvc.transactions.services import drop_reference, end_running
from authsvc.vault.ageing import Age, age_by, only_moment, stored_moments
from authsvc.vault.lifecycle import known_of


@dataclass(frozen=True)
class ShownMoment:
    """One moment of a reference: when it was taken, and its quality, 0 to 100."""

    at: datetime
    quality: int


@dataclass(frozen=True)
class Face:
    """What is kept of a person's face: by which model, with which engine, made and last used when.

    `moments` are its captures, the oldest first; `age` says what follows from the newest one's date, and
    `recognised` how comparisons ended since.
    """

    model: ApplicationModel | None
    engine: str
    made_at: datetime
    used_at: datetime | None
    moments: list[ShownMoment]
    age: Age
    recognised: Recognised


def face_of(subject: Subject) -> Face | None:
    """Return what is known of a person's face, or None where nothing of it is kept."""
    if not subject.has_face:
        return None
    stored = stored_moments(subject)
    age = age_by(stored or ())
    # Without a moment of which the row tells, it is the reference's own.
    since = age.newest if age is not None else OuterRef("created_at")
    known = known_of(subject.reference, **recognised(subject, since=since))
    if known is None:
        return None
    kept = only_moment(subject, known.facts) if stored is None else stored
    age = age or age_by(kept)
    if age is None:
        return None
    return Face(
        model=application_model(known.facts.model),
        engine=known.facts.engine,
        made_at=known.facts.made_at,
        used_at=known.facts.used_at,
        moments=[ShownMoment(each.at, known.qualities.get(each.id, 0)) for each in kept],
        age=age,
        recognised=Recognised(**known.beside),
    )


@act
def remove(*, by: Actor, subject: Subject) -> str:
    """Erase a person's reference, and end what rests on it; the consent stays.

    Return the receipt number, "" where nothing was kept.
    """
    receipt = new_receipt()
    end_running(subject)
    if not erase(subject, actor=by.name, reason="removed", receipt=receipt):
        return ""
    end_everything_of(subject=subject, reason="face-removed")
    return receipt


@act
def withdraw(*, by: Actor, subject: Subject) -> str:
    """End a person's consent, and what it covered: running sign-ins, sessions, and the reference.

    Return the receipt number, "" where there was neither consent nor reference.
    """
    receipt = new_receipt()
    # Before the person's row is locked: a worker that is about to keep a reference holds the transaction's.
    end_running(subject)
    withdrawn = withdraw_consent(subject, actor=by.name, receipt=receipt)
    erased = erase(subject, actor=by.name, reason="consent-withdrawn", receipt=receipt)
    if not (withdrawn or erased):
        return ""
    end_everything_of(subject=subject, reason="consent-withdrawn")
    return receipt


def erase(subject: Subject, *, actor: str, reason: str, receipt: str = "") -> bool:
    """Erase a person's reference for good; False where there was none. Call inside a database transaction."""
    current = Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    if not drop_reference(current, reason=reason):
        return False
    subject.reference, subject.reference_moments = "", None
    record(Tag.FACE_ERASED, actor=actor, subject=str(current.pk), reason=reason, receipt=receipt)
    return True
