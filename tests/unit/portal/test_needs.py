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


def test_the_organisation_leaves_light_out_for_a_person_who_asks(admin: Client, base: str) -> None:
    subject = make_subject(name="Ada")
    path = f"{base}people/{subject.pk}/"
    assert "Leave changing light out" in admin.get(path).content.decode()
    shown = admin.post(f"{path}needs/light/", {"light": "still"}, follow=True).content.decode()
    assert "The screen no longer changes colour for them." in shown
    assert "Set by an administrator on" in shown
    assert has_need(subject, Need.Kind.NO_LIGHT)
    shown = admin.post(f"{path}needs/light/", {"light": "changes"}, follow=True).content.decode()
    assert "The light changes again." in shown
    assert not Need.objects.exists()
    assert AuditEvent.objects.filter(tag__in=[Tag.NEED_SET, Tag.NEED_DROPPED]).count() == 2


def test_nothing_is_kept_of_who_is_closed(admin: Client, base: str) -> None:
    subject = make_subject(name="Ada")
    people.close(by=COMMAND_LINE, subject=subject)
    path = f"{base}people/{subject.pk}/"
    assert "Leave changing light out" not in admin.get(path).content.decode()
    assert admin.post(f"{path}needs/light/", {"light": "still"}).status_code == 404
    assert not Need.objects.exists()
