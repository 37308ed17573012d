"""What acts on people do beside what they say."""

import pytest

from authsvc.devices.models import Device
from authsvc.enrolment.models import EnrolmentLink
from authsvc.management import people
from authsvc.management.actors import System
from authsvc.privacy.consent import live_consent
from tests.unit.management.conftest import Estate

TEST = System("a test")


def test_a_closed_person_keeps_nothing_and_gets_nothing(estate: Estate) -> None:
    assert people.close(by=TEST, subject=estate.person)
    assert {row.state for row in EnrolmentLink.objects.all()} == {"revoked"}
    assert {row.status for row in Device.objects.all()} == {Device.Status.REVOKED}
    assert live_consent(estate.person) is None
    estate.person.refresh_from_db()
    assert not estate.person.has_face
    assert not people.close(by=TEST, subject=estate.person)
    with pytest.raises(people.PersonClosed):
        people.create_link(by=TEST, subject=estate.person)


def test_a_persons_file_has_all_that_the_screen_shows(estate: Estate) -> None:
    found = people.file_of(estate.person.pk)
    assert [row.pk for row in found.devices] == [estate.device.pk]
    assert [row.pk for row in found.links] == [estate.link.pk]
    assert found.live_consent is not None
    assert [row.pk for row in found.consents] == [found.live_consent.pk]
    assert (found.counter, found.attempts) == (None, [])
