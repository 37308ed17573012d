"""Withdrawing a consent, by the person or for them by the organisation; found by its receipt number."""

import re

import pytest
from django.test import Client

from authsvc.core.clock import now
from authsvc.management import faces
from authsvc.management.actors import Person
from authsvc.privacy.consent import live_consent
from tests.factories import make_consent, make_subject

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-01", "S9.4-11")]


def listed(admin: Client, base: str, number: str) -> int:
    """How many events the audit log shows for a receipt number."""
    page = admin.get(f"{base}audit/", {"reference": number}).content.decode()
    return len(re.findall(r'<th scope="row" role="rowheader"', page))


def test_what_a_person_withdrew_is_found(admin: Client, base: str) -> None:
    subject = make_subject()
    make_consent(subject)
    by = Person(subject_id=subject.pk, proven_at=now())
    number = faces.withdraw(by=by, subject=subject)
    assert listed(admin, base, number) == 2  # the withdrawal, and the erasing
    assert listed(admin, base, number[:-1]) == 0


def test_the_organisation_withdraws_for_a_person_who_asks(admin: Client, base: str) -> None:
    subject = make_subject(name="Ada")
    make_consent(subject)
    path = f"{base}people/{subject.pk}/"
    assert "Withdraw the consent" in admin.get(path).content.decode()
    shown = admin.post(f"{path}consent/withdraw/", follow=True).content.decode()
    subject.refresh_from_db()
    assert (live_consent(subject), subject.has_face) == (None, False)
    number = re.search(r"Receipt number ([\w-]{10})\.", shown)
    assert number is not None
    assert listed(admin, base, number[1]) == 2
    assert "Withdraw the consent" not in admin.get(path).content.decode()
