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
KINDS = {
    "needs/light": (Need.Kind.NO_LIGHT, "Leave changing light out?", "Let the light change again?"),
    "needs/turn": (Need.Kind.NO_TURN, "Sign in without turning your head?", "Offer my face first again?"),
}
each = pytest.mark.parametrize("path", KINDS)


@each
def test_a_person_says_what_they_need_and_takes_it_back(inside: Visitor, path: str) -> None:
    kind, asks, asks_back = KINDS[path]
    assert asks in inside.text(path)
    assert inside.post(path, {"need": "kept"})["Location"] == f"{inside.root}#needs"
    assert has_need(inside.subject, kind)
    assert "You said so on" in inside.text()
    assert asks_back in inside.text(path)
    assert inside.post(path, {"need": "dropped"}).status_code == 302
    assert not Need.objects.exists(), "what is taken back is deleted"
    events = AuditEvent.objects.filter(tag__in=[Tag.NEED_SET, Tag.NEED_DROPPED]).order_by("sequence")
    said = [(event.tag, event.actor, event.details["need"]) for event in events]
    by = f"person {inside.subject.pk}"
    assert said == [(Tag.NEED_SET, by, kind), (Tag.NEED_DROPPED, by, kind)]


@each
def test_doing_it_twice_changes_nothing(inside: Visitor, path: str) -> None:
    for need in ("kept", "kept", "dropped", "dropped"):
        assert inside.post(path, {"need": need}).status_code == 302
    assert AuditEvent.objects.filter(tag=Tag.NEED_SET).count() == 1
    assert AuditEvent.objects.filter(tag=Tag.NEED_DROPPED).count() == 1


def test_one_need_is_not_the_other(inside: Visitor) -> None:
    inside.post("needs/turn", {"need": "kept"})
    assert has_need(inside.subject, Need.Kind.NO_TURN)
    assert not has_need(inside.subject, Need.Kind.NO_LIGHT)
    inside.post("needs/light", {"need": "dropped"})
    assert has_need(inside.subject, Need.Kind.NO_TURN)


def test_who_cannot_turn_learns_what_the_face_is_still_for(inside: Visitor) -> None:
    kept = "What is kept of your face stays"
    assert kept in inside.text("needs/turn")
    inside.post("face/remove")
    assert kept not in inside.text("needs/turn")


def test_an_administrators_word_is_named_as_theirs(inside: Visitor) -> None:
    needs.set_need(by=COMMAND_LINE, subject=inside.subject, kind=Need.Kind.NO_TURN, has=True)
    assert f"{inside.agent.tenant.name} set it for you on" in inside.text()


def test_nobody_sets_it_for_another_person(inside: Visitor) -> None:
    other = make_subject(name="Somebody else")
    by = Person(subject_id=inside.subject.pk, proven_at=now())
    with pytest.raises(NotPermitted):
        needs.set_need(by=by, subject=other, kind=Need.Kind.NO_TURN, has=True)
    assert not has_need(other, Need.Kind.NO_TURN)


def test_all_of_it_goes_with_the_person(inside: Visitor) -> None:
    for kind in Need.Kind:
        needs.set_need(by=COMMAND_LINE, subject=inside.subject, kind=kind, has=True)
    people.close(by=COMMAND_LINE, subject=inside.subject)
    assert not Need.objects.unchecked().exists()
