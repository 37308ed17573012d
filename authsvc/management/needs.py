"""Needs: what a person is spared when their face is checked, as they or an administrator for them say."""

from authsvc.management.acting import act
from authsvc.management.actors import Actor, Person
from authsvc.management.people import open_person
from authsvc.privacy.models import Need
from authsvc.privacy.needs import drop_need, keep_need
from authsvc.subjects.models import Subject


@act
def keep_light_still(*, by: Actor, subject: Subject) -> bool:
    """Leave changing light out of the person's checks from now on; False where it was so already.

    Raises PersonClosed.
    """
    by_person = isinstance(by, Person)
    return keep_need(open_person(subject), Need.Kind.NO_LIGHT, by_person=by_person, actor=by.name)


@act
def let_light_change(*, by: Actor, subject: Subject) -> bool:
    """Let the light change again when the person's face is checked; False where it did already."""
    return drop_need(open_person(subject), Need.Kind.NO_LIGHT, actor=by.name)
