"""Needs: what a person is spared when their face is checked, because they or an administrator said so.

No session chooses it: whoever holds a passkey for a moment would otherwise choose the easier way.
"""

from typing import Final

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.privacy.models import Need
from authsvc.seals.written import Given, Written
from authsvc.subjects.models import Subject

_NEED: Final = Written(
    lambda: Need.objects.filter(subject_id=Given("subject"), kind=Given("kind")).order_by("pk")[:1]
)


def has_need(subject: Subject, kind: Need.Kind) -> bool:
    """Whether the person's need of a kind is stored, and believed."""
    return _NEED.row(subject=subject.pk, kind=kind.value) is not None


@transaction.atomic
def keep_need(subject: Subject, kind: Need.Kind, *, by_person: bool, actor: str) -> bool:
    """Store a need; False where it was stored already."""
    if has_need(subject, kind):
        return False
    forget_needs(subject, kind)
    Need.objects.create(subject=subject, kind=kind, by_person=by_person, set_at=now())
    record(Tag.NEED_SET, actor=actor, subject=str(subject.pk), need=kind.value)
    return True


@transaction.atomic
def drop_need(subject: Subject, kind: Need.Kind, *, actor: str) -> bool:
    """Delete a stored need; False where there was none."""
    if not forget_needs(subject, kind):
        return False
    record(Tag.NEED_DROPPED, actor=actor, subject=str(subject.pk), need=kind.value)
    return True


def forget_needs(subject: Subject, *kinds: Need.Kind) -> int:
    """Delete a person's needs of these kinds, all where none is named, believed or not; return how many."""
    rows = Need.objects.unchecked().filter(subject=subject)
    found = list(rows.filter(kind__in=kinds) if kinds else rows)
    for row in found:
        row.delete()
    return len(found)
