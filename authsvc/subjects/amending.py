"""What an administrator changes of a person: at once, or by scheduled work where they have a face.

Who may decide what a person's row says is in authsvc/seals/kinds.py. The portal may not where it names a
reference, and leaves a row with its own seal instead, which scheduled work takes over with web's key.
"""

from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.seals.written import Given, Written
from authsvc.subjects.models import Amendment, Subject


class PersonSuspended(Refused):
    """The person may not sign in for the time being; nothing of theirs is lost."""

    def __init__(self, subject: Subject, *, tag: str = "") -> None:
        super().__init__(
            "person-suspended",
            _(
                "Your sign-in here is paused. Nothing of yours is lost. Please ask the organisation that "
                "invited you."
            ),
            detail=f"person {subject.pk} is suspended",
            status=403,
            tag=tag,
        )


def amend(subject: Subject, **changes: Any) -> bool:
    """Change columns of a person's row, which is locked; whether it is done at once.

    Call inside a database transaction. What is asked for twice before it is taken over is one.
    """
    waiting = Amendment.objects.filter(subject=subject).first()
    if not subject.has_face and waiting is None:
        _apply(subject, changes)
        return True
    row = waiting or Amendment(subject=subject)
    for name, value in changes.items():
        setattr(row, name, value)
    row.asked_at = now()
    # Whose it is stays: the portal may not write that anew.
    row.save(update_fields=None if waiting is None else [*changes, "asked_at"])
    return False


def take_over(subject_id: Any) -> Subject | None:
    """Change a person's row as was asked for, and return it; None where nothing waits that is believed."""
    with transaction.atomic():
        subject = Subject.objects.select_for_update(no_key=True).filter(pk=subject_id).first()
        row = Amendment.objects.filter(subject=subject).first() if subject is not None else None
        if subject is None or row is None:
            return None
        if subject.status != Subject.Status.CLOSED:
            _apply_what_can_be(subject, row.changes)
        row.delete()
    return subject


def _apply_what_can_be(subject: Subject, changes: dict[str, Any]) -> None:
    """Change what was asked for, without a number that somebody else has got meanwhile."""
    number = subject.external_id
    try:
        with transaction.atomic():
            _apply(subject, changes)
    except IntegrityError:
        _apply(subject, {**changes, "external_id": number})


def as_wanted(subject: Subject) -> Subject:
    """Return the person as they will be once what waits is taken over; saves nothing."""
    return changed_by(Amendment.objects.filter(subject=subject).first(), subject)


def changed_by(row: Amendment | None, subject: Subject) -> Subject:
    """Return the person as they will be once this is taken over; saves nothing."""
    for name, value in (row.changes if row is not None else {}).items():
        setattr(subject, name, value)
    return subject


def is_suspended(subject: Subject) -> bool:
    """Whether a person is suspended, or is to be."""
    if subject.status == Subject.Status.SUSPENDED:
        return True
    return bool(_SUSPENDING.values(subject=subject.pk))


def _suspending() -> QuerySet[Amendment, Any]:
    theirs = Amendment.objects.unchecked().filter(subject_id=Given("subject"))
    return theirs.filter(status=Subject.Status.SUSPENDED).values_list("pk")[:1]


_SUSPENDING: Final = Written(_suspending)


def forget_amendment(subject: Subject) -> None:
    """Let nothing be taken over of a person any more."""
    for row in Amendment.objects.unchecked().filter(subject=subject):
        row.delete()


def waiting() -> list[Any]:
    """Return the keys of people of whom something waits, of the tenant in scope."""
    return list(Amendment.objects.order_by("asked_at").values_list("subject_id", flat=True)[:100])


def _apply(subject: Subject, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(subject, name, value)
    subject.save(update_fields=list(changes))
    if changes.keys() - {"status"}:
        subject.keep_words()
