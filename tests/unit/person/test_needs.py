"""What a person needs when their face is checked: set at their own page, by their passkey alone."""

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.management import needs, people
from authsvc.management.acting import NotPermitted
from authsvc.management.actors import COMMAND_LINE, Person
from authsvc.privacy.models import Need
from authsvc.privacy.needs import has_need
from tests.factories import make_subject
from tests.unit.person.visitor import Visitor

pytestmark = pytest.mark.requirement("S10-08", "S10-04")
LIGHT = Need.Kind.NO_LIGHT


def test_a_person_has_changing_light_left_out_and_takes_it_back(inside: Visitor) -> None:
    assert "have it left out" in inside.text()
    assert "Leave changing light out?" in inside.text("needs/light")
    assert inside.post("needs/light", {"light": "still"})["Location"] == f"{inside.root}#needs"
    assert has_need(inside.subject, LIGHT)
    assert "You said so on" in inside.text()
    assert "Let the light change again?" in inside.text("needs/light")
    assert inside.post("needs/light", {"light": "changes"}).status_code == 302
    assert not Need.objects.exists(), "what is taken back is deleted"
    events = AuditEvent.objects.filter(tag__in=[Tag.NEED_SET, Tag.NEED_DROPPED]).order_by("sequence")
    said = [(event.tag, event.actor, event.details["need"]) for event in events]
    by = f"person {inside.subject.pk}"
    assert said == [(Tag.NEED_SET, by, "no-light"), (Tag.NEED_DROPPED, by, "no-light")]


def test_doing_it_twice_changes_nothing(inside: Visitor) -> None:
    for light in ("still", "still", "changes", "changes"):
        assert inside.post("needs/light", {"light": light}).status_code == 302
    assert AuditEvent.objects.filter(tag=Tag.NEED_SET).count() == 1
    assert AuditEvent.objects.filter(tag=Tag.NEED_DROPPED).count() == 1


def test_an_administrators_word_is_named_as_theirs(inside: Visitor) -> None:
    needs.set_light(by=COMMAND_LINE, subject=inside.subject, still=True)
    assert f"{inside.agent.tenant.name} set it for you on" in inside.text()


def test_nobody_sets_it_for_another_person(inside: Visitor) -> None:
    other = make_subject(name="Somebody else")
    by = Person(subject_id=inside.subject.pk, proven_at=now())
    with pytest.raises(NotPermitted):
        needs.set_light(by=by, subject=other, still=True)
    assert not has_need(other, LIGHT)


def test_it_goes_with_the_person(inside: Visitor) -> None:
    needs.set_light(by=COMMAND_LINE, subject=inside.subject, still=True)
    people.close(by=COMMAND_LINE, subject=inside.subject)
    assert not Need.objects.unchecked().exists()
