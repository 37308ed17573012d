"""What a person needs when their face is checked, set by an administrator because they asked."""

import pytest
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.management import people
from authsvc.management.actors import COMMAND_LINE
from authsvc.privacy.models import Need
from authsvc.privacy.needs import has_need
from tests.factories import make_subject

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-08", "S9.4-11")]


@pytest.mark.parametrize(
    ("path", "kind", "offered", "set_to", "taken_back"),
    [
        (
            *("needs/light/", Need.Kind.NO_LIGHT, "Leave changing light out"),
            *("The screen no longer changes colour for them.", "The light changes again."),
        ),
        (
            *("needs/turn/", Need.Kind.NO_TURN, "Spare them turning the head"),
            *("The way without a face comes first for them.", "Their face is offered first again."),
        ),
    ],
    ids=["light", "turn"],
)
def test_the_organisation_notes_what_a_person_asks_for(
    admin: Client, base: str, path: str, kind: Need.Kind, offered: str, set_to: str, taken_back: str
) -> None:
    subject = make_subject(name="Ada")
    page = f"{base}people/{subject.pk}/"
    assert offered in admin.get(page).content.decode()
    shown = admin.post(page + path, {"need": "kept"}, follow=True).content.decode()
    assert set_to in shown
    assert "Set by an administrator on" in shown
    assert has_need(subject, kind)
    shown = admin.post(page + path, {"need": "dropped"}, follow=True).content.decode()
    assert taken_back in shown
    assert not Need.objects.exists()
    assert AuditEvent.objects.filter(tag__in=[Tag.NEED_SET, Tag.NEED_DROPPED]).count() == 2


def test_nothing_is_kept_of_who_is_closed(admin: Client, base: str) -> None:
    subject = make_subject(name="Ada")
    people.close(by=COMMAND_LINE, subject=subject)
    path = f"{base}people/{subject.pk}/"
    shown = admin.get(path).content.decode()
    assert "Leave changing light out" not in shown
    assert "Spare them turning the head" not in shown
    for need in ("light", "turn"):
        assert admin.post(f"{path}needs/{need}/", {"need": "kept"}).status_code == 404
    assert not Need.objects.exists()
