"""Needs: what a person is spared when their face is checked, as they or an administrator for them say."""

from authsvc.management.acting import act
from authsvc.management.actors import Actor, Person
from authsvc.management.people import open_person
from authsvc.privacy.models import Need
from authsvc.privacy.needs import drop_need, keep_need
from authsvc.subjects.models import Subject

Kind = Need.Kind


@act
def set_need(*, by: Actor, subject: Subject, kind: Kind, has: bool) -> bool:
    """Store that a person has a need, or that they have it no more; False where it was so already.

    Raises PersonClosed.
    """
    current = open_person(subject)
    if has:
        return keep_need(current, kind, by_person=isinstance(by, Person), actor=by.name)
    return drop_need(current, kind, actor=by.name)
