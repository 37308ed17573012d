"""Needs: what a person is spared when their face is checked, as they or an administrator for them say."""

from authsvc.management.acting import act
from authsvc.management.actors import Actor, Person
from authsvc.management.people import open_person
from authsvc.privacy.models import Need
from authsvc.privacy.needs import drop_need, keep_need
from authsvc.subjects.models import Subject


@act
def set_light(*, by: Actor, subject: Subject, still: bool) -> bool:
    """Leave changing light out of the person's checks, or let it come back; False where it was so already.

    Raises PersonClosed.
    """
    current, need = open_person(subject), Need.Kind.NO_LIGHT
    if still:
        return keep_need(current, need, by_person=isinstance(by, Person), actor=by.name)
    return drop_need(current, need, actor=by.name)
