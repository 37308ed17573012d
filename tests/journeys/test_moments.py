"""A reference over time: a second moment after enrolment, its refusals, and what becomes of it with age."""

from pathlib import Path

import pytest

from devtools.phone.authenticator import Authenticator
from devtools.phone.faults import Fault
from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("S5.2-05")]

KEPT = """
from authsvc.subjects.models import Subject
from authsvc.vault.ageing import moments_of
who = Subject.objects.get(name={name!r})
print(json.dumps([[each.id for each in moments_of(who)], who.reference]))
"""
AGED = """
from datetime import timedelta
from authsvc.core.clock import now
from authsvc.subjects.models import Subject
from authsvc.vault.ageing import KeptMoment, as_stored, moments_of
who = Subject.objects.get(name={name!r})
taken = (now() - timedelta(days={days})).isoformat()
who.reference_moments = as_stored(who.reference, [KeptMoment(each.id, taken) for each in moments_of(who)])
who.save(update_fields=["reference_moments"])
print("null")
"""


def renewal_of(stack: Stack) -> str:
    return f"{stack.demo['issuer'].rstrip('/')}/moments/"


def kept(stack: Stack, name: str) -> list[str]:
    moments: list[str] = stack.python(KEPT.format(name=name))[0]
    return moments


def enrolled(stack: Stack, photos: Path, name: str) -> Person:
    """Enrol somebody from one photograph, as they look in one moment."""
    passkeys, album = Authenticator(), photos / "obama"
    once = Person(photographs.read(album / "01.jpg"), photographs.read(photos / "biden"), passkeys)
    page = SoftwarePhone(once).enrol(stack.new_link(name))
    assert "Once more, with other light or another place" in page.text
    assert len(kept(stack, name)) == 1
    return once


def signed_in(stack: Stack, person: Person) -> list[str]:
    phone = SoftwarePhone(person)
    phone.sign_in(f"{stack.partner_url}/members")
    claims = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").json()
    methods: list[str] = claims["amr"]
    return methods


@pytest.mark.requirement("S9.2-15")
def test_a_second_moment_is_added_and_opens_the_next_sign_in(stack: Stack, photos: Path) -> None:
    person = enrolled(stack, photos, "Two Moments")
    album = photos / "obama"
    later = Person(photographs.read(album / "03.jpg"), authenticator=person.authenticator)
    page = SoftwarePhone(later).renew(renewal_of(stack))
    assert "Your face is renewed" in page.text
    assert len(kept(stack, "Two Moments")) == 2
    assert "face" in signed_in(stack, later)
    assert len(kept(stack, "Two Moments")) == 2


@pytest.mark.requirement("S9.2-15")
@pytest.mark.parametrize(
    "fault", [Fault.WRONG_FACE, Fault.NO_DEVICE_KEY, Fault.WRONG_SHARE], ids=lambda fault: fault.label
)
def test_nobody_else_adds_a_moment(stack: Stack, photos: Path, fault: Fault) -> None:
    name = f"One Moment, {fault.label}"
    person = enrolled(stack, photos, name)
    with pytest.raises(Denied) as denied:
        SoftwarePhone(person, fault=fault).renew(renewal_of(stack))
    assert denied.value.step == (4 if fault is Fault.NO_DEVICE_KEY else 10)
    assert len(kept(stack, name)) == 1


def test_a_face_of_two_years_ago_counts_as_absent_until_it_is_renewed(stack: Stack, photos: Path) -> None:
    name = "Long Ago"
    person = enrolled(stack, photos, name)
    stack.python(AGED.format(name=name, days=183))
    assert "face" in signed_in(stack, person)  # proposed, and never in the way
    stack.python(AGED.format(name=name, days=731))
    assert "face" not in signed_in(stack, person)
    SoftwarePhone(person).renew(renewal_of(stack))
    assert len(kept(stack, name)) == 1
    assert "face" in signed_in(stack, person)
