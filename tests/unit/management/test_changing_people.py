"""Changing, suspending and erasing a person: at once where no face is kept, and by web's key where one is."""

from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.devices.models import Device
from authsvc.management import people
from authsvc.management.actors import System
from authsvc.management.erasures import as_document, erasure_of
from authsvc.subjects.amending import is_suspended
from authsvc.subjects.finding import first_found
from authsvc.subjects.models import Amendment, Subject
from tests.factories import make_subject
from tests.unit.management.conftest import Estate

TEST = System("a test")
NEW: dict[str, Any] = {
    "name": "Ada King",
    "external_id": "7",
    "email": "ada@example.org",
    "claims": {"locale": "en"},
}


@pytest.fixture(params=["with a face", "without one"])
def person(request: pytest.FixtureRequest, estate: Estate) -> Subject:
    if request.param == "without one":
        estate.person.reference = ""
        estate.person.save()
    return estate.person


def test_what_is_known_is_changed_and_found_by(person: Subject) -> None:
    at_once = people.change(by=TEST, subject=person, **NEW)
    assert at_once == (not person.has_face)
    assert Amendment.objects.filter(subject=person).exists() == person.has_face
    people.take_over_all()
    person.refresh_from_db()
    assert (person.name, person.external_id) == ("Ada King", "7")
    assert person.claims["email"] == "ada@example.org"
    assert person.claims["email_verified"] is False
    assert person.claims["locale"] == "en"
    assert first_found(Subject.objects.all(), "king", most=5) == [person]
    assert not Amendment.objects.exists()
    [event] = AuditEvent.objects.filter(tag=Tag.SUBJECT_CHANGED)
    assert event.details == {"changed": ["claims", "external_id", "name"]}


def test_an_address_that_stays_stays_verified(estate: Estate) -> None:
    ada = make_subject(name="Ada", reference="", claims={"email": "a@example.org", "email_verified": True})
    people.change(by=TEST, subject=ada, **{**NEW, "email": "a@example.org"})
    ada.refresh_from_db()
    assert ada.claims["email_verified"] is True


def test_who_is_suspended_is_signed_out_and_let_in_again_with_all_of_theirs(person: Subject) -> None:
    assert people.suspend(by=TEST, subject=person, why="away")
    assert not people.suspend(by=TEST, subject=person, why="away")
    person.refresh_from_db()
    assert is_suspended(person)
    people.take_over_all()
    person.refresh_from_db()
    assert person.status == Subject.Status.SUSPENDED
    reference = person.reference
    assert people.resume(by=TEST, subject=person)
    people.take_over_all()
    person.refresh_from_db()
    assert (person.status, person.reference) == (Subject.Status.ACTIVE, reference)
    assert Device.objects.filter(subject=person, status=Device.Status.ACTIVE).exists()
    assert not people.resume(by=TEST, subject=person)


def test_who_enrolled_nothing_is_invited_again(estate: Estate) -> None:
    invited = Subject.objects.create(name="Grace")
    people.suspend(by=TEST, subject=invited, why="asked")
    people.resume(by=TEST, subject=invited)
    invited.refresh_from_db()
    assert invited.status == Subject.Status.INVITED


def test_a_number_that_somebody_else_has_got_meanwhile_is_not_taken_over(estate: Estate) -> None:
    people.change(by=TEST, subject=estate.person, **NEW)
    make_subject(name="Grace", external_id="7")
    people.take_over_all()
    estate.person.refresh_from_db()
    assert (estate.person.name, estate.person.external_id) == ("Ada King", "")


def test_t02_what_was_taken_over_and_is_put_back_is_not_taken_over_again(
    estate: Estate, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        people.change(by=TEST, subject=estate.person, **NEW)
        old = Amendment.objects.get()
        people.take_over_all()
        people.change(by=TEST, subject=estate.person, **{**NEW, "name": "Ada Lovelace"})
        people.take_over_all()
    Amendment.objects.bulk_create([old])
    people.take_over_all()
    estate.person.refresh_from_db()
    assert estate.person.name == "Ada Lovelace"


def test_who_is_erased_leaves_a_row_that_says_nothing_of_them_and_a_receipt(estate: Estate) -> None:
    people.change(by=TEST, subject=estate.person, **NEW)
    number = people.close(by=TEST, subject=estate.person)
    assert number
    people.take_over_all()
    estate.person.refresh_from_db()
    gone = estate.person
    assert (gone.name, gone.external_id, gone.claims, str(gone)) == ("", "", {}, "Erased person")
    assert first_found(Subject.objects.unchecked(), "ada", most=5) == []
    found = erasure_of(gone)
    assert found is not None
    assert (found.number, found.had_face, found.key_destroyed_at) == (number, True, None)
    assert found.ended == {"passkeys": 1, "links": 1, "sessions": 0}
    said = as_document(found, tenant=estate.tenant)
    assert said["erasure"]["receipt"] == number
    assert "Ada" not in str(said)


def test_of_a_face_that_never_was_nothing_is_said_to_be_erased(estate: Estate) -> None:
    invited = Subject.objects.create(name="Grace")
    people.close(by=TEST, subject=invited)
    found = erasure_of(invited)
    assert found is not None
    assert "Nothing was kept of a face." in found.lines
