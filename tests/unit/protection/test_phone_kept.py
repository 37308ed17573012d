"""Model B: the phone keeps the reference, and an old, another's, or an altered one opens nothing."""

import os
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps

from authsvc.core.application_models import Place, application_model
from authsvc.devices.models import Device
from authsvc.management import people
from authsvc.management.actors import System
from authsvc.protection.base import Compared, Features, Share
from authsvc.protection.phone_kept import PROTECTION
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import TenantOwned
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.ageing import as_stored, moments_of, with_moment
from authsvc.vault.lifecycle import opens_for, revoke_reference
from authsvc.vault.models import Bundle, Moment, Reference
from authsvc.vault.opening import CannotOpenReference
from tests.factories import make_device, make_subject, make_tenant
from tests.unit.protection.shares import share

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant"), pytest.mark.requirement("S6.3-02")]
MADE = Features(b"a template of some length, which nobody else has" * 4, "engine:1", 73)
AGAIN = Features(b"another moment of the same person, in other light" * 4, "engine:1", 70)


def enrolled(subject: Subject, device: Device, given: Share) -> Share:
    """Enrol, and return what the device sends from then on."""
    kept = PROTECTION.protect(MADE, subject=subject, device=device, share=given, consent="consent")
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    subject.save()
    return replace(given, bundles=kept.bundles)


def renewed(subject: Subject, device: Device, sent: Share) -> Share:
    kept = PROTECTION.add(AGAIN, subject=subject, device=device, share=sent)
    subject.reference_moments = as_stored(kept.pseudonym, with_moment(moments_of(subject), kept.moment))
    subject.save()
    return replace(sent, bundles=kept.bundles)


def opened(subject: Subject, device: Device, sent: Share) -> tuple[bytes, ...]:
    return PROTECTION.open(subject=subject, device=device, share=sent)


def dumped() -> bytes:
    """Return every value of every column of every table, as bytes one after another."""
    rows = (
        model._default_manager.values_list()
        for model in apps.get_models()
        if issubclass(model, TenantOwned) or model.__module__.startswith("authsvc")
    )
    return b"\n".join(
        bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
        for found in rows
        for row in found
        for value in row
    )


def test_the_phone_gets_it_and_opens_it_with_its_share(subject: Subject, device: Device) -> None:
    sent = enrolled(subject, device, share())
    row = application_model(PROTECTION.letter)
    assert row is not None
    assert (row.stored, row.compared) == (Place.PHONE, Place.SERVER)
    assert opened(subject, device, sent) == (MADE.template,)
    assert PROTECTION.evidence(share_kind="prf") == Compared("B", "prf")


@pytest.mark.requirement("S5.4-01", "S6.2-05")
@pytest.mark.modes("attacks", models="B")
def test_no_table_holds_a_reference_in_any_form(subject: Subject, device: Device) -> None:
    sent = renewed(subject, device, enrolled(subject, device, share()))
    assert bytes(Reference.objects.get().sealed_template) == b""
    assert bytes(Moment.objects.get().sealed_template) == b""
    held = dumped()
    for secret in (MADE.template, AGAIN.template, sent.value, *sent.bundles):
        middle = len(secret) // 2
        piece = secret[middle - 8 : middle + 8]
        assert piece not in held
        assert piece.hex().encode() not in held
    assert len(sent.bundles) == Bundle.objects.count() == 2


@pytest.mark.requirement("S8.1-05")
@pytest.mark.parametrize("wrong", ["no bundle", "another share", "a changed bundle"])
@pytest.mark.modes("attacks", models="B")
def test_what_is_not_what_was_kept_opens_nothing(subject: Subject, device: Device, wrong: str) -> None:
    sent = enrolled(subject, device, share())
    changed = sent.bundles[0][:-1] + bytes([sent.bundles[0][-1] ^ 1])
    spoilt = {
        "no bundle": replace(sent, bundles=()),
        "another share": replace(sent, value=os.urandom(32)),
        "a changed bundle": replace(sent, bundles=(changed,)),
    }[wrong]
    with pytest.raises(CannotOpenReference):
        opened(subject, device, spoilt)


@pytest.mark.requirement("S8.1-05")
@pytest.mark.modes("attacks", models="B")
def test_an_old_bundle_opens_nothing(subject: Subject, device: Device) -> None:
    given = share()
    old = enrolled(subject, device, given)
    before = subject.reference
    new = enrolled(subject, device, given)
    with pytest.raises(CannotOpenReference, match="did not come"):
        opened(subject, device, old)
    assert opened(subject, device, new) == (MADE.template,)
    # Where somebody put the older row's name back, too: its version is not the expected one.
    subject.reference = before
    with pytest.raises(CannotOpenReference, match="version"):
        opened(subject, device, old)


@pytest.mark.requirement("S8.1-05", "S6.1-02")
@pytest.mark.modes("attacks", models="B")
def test_another_persons_bundle_opens_nothing(subject: Subject, device: Device) -> None:
    sent = enrolled(subject, device, share())
    other = make_subject(reference="", reference_version=0)
    theirs = enrolled(other, make_device(other), share())
    with pytest.raises(CannotOpenReference):
        opened(subject, device, replace(sent, bundles=theirs.bundles))
    # Even where somebody makes the database say that it is this person's own.
    foreign = Bundle.objects.get(reference_id=other.reference)
    Bundle.objects.filter(reference_id=subject.reference).update(digest=foreign.digest)
    with pytest.raises(CannotOpenReference, match="another reference"):
        opened(subject, device, replace(sent, bundles=theirs.bundles))


@pytest.mark.requirement("S8.1-05")
@pytest.mark.modes("attacks", models="B")
def test_another_devices_bundle_opens_nothing(subject: Subject, device: Device) -> None:
    sent = enrolled(subject, device, share())
    second, other = make_device(subject, share_kind="browser"), share("browser")
    kept = PROTECTION.admit(second, other, subject=subject, device=device, share=sent)
    theirs = replace(other, bundles=kept.bundles)
    assert opened(subject, second, theirs) == opened(subject, device, sent) == (MADE.template,)
    with pytest.raises(CannotOpenReference):
        opened(subject, device, replace(sent, bundles=theirs.bundles))
    with pytest.raises(CannotOpenReference):
        opened(subject, second, replace(theirs, bundles=sent.bundles))


@pytest.mark.requirement("S6.1-01")
@pytest.mark.modes("attacks", models="B")
def test_another_tenants_bundle_opens_nothing(subject: Subject, device: Device) -> None:
    sent = enrolled(subject, device, share())
    with tenant_scope(make_tenant().id):
        theirs = make_subject(reference="", reference_version=0)
        passkey = make_device(theirs)
        enrolled(theirs, passkey, share())
        with pytest.raises(CannotOpenReference):
            opened(theirs, passkey, replace(sent, bundles=sent.bundles))
        with pytest.raises(CannotOpenReference, match="no active reference"):
            opened(subject, device, sent)


def test_a_second_passkey_is_admitted_by_one_that_opens(subject: Subject, device: Device) -> None:
    sent = enrolled(subject, device, share())
    second = make_device(subject)
    with pytest.raises(CannotOpenReference):
        PROTECTION.admit(second, share(), subject=subject, device=device, share=replace(sent, bundles=()))
    assert not opens_for(subject.reference, device=second.pk)


def test_a_renewal_gives_the_device_all_that_counts(subject: Subject, device: Device) -> None:
    first = enrolled(subject, device, share())
    second = make_device(subject)
    other = share()
    theirs = replace(
        other, bundles=PROTECTION.admit(second, other, subject=subject, device=device, share=first).bundles
    )
    sent = renewed(subject, device, replace(first, bundles=(*first.bundles, b"of a renewal that was left")))
    assert opened(subject, device, sent) == (MADE.template, AGAIN.template)
    with pytest.raises(CannotOpenReference, match="did not come"):
        opened(subject, device, first)
    # The other device keeps what it had.
    assert opened(subject, second, theirs) == (MADE.template,)


@pytest.mark.requirement("S10-03")
@pytest.mark.parametrize("how", ["erased", "revoked"])
def test_what_is_taken_back_opens_nowhere(subject: Subject, device: Device, how: str) -> None:
    sent = enrolled(subject, device, share())
    if how == "erased":
        revoke_reference(pseudonym=subject.reference, reason="test")
    else:
        people.revoke_device(by=System("a test"), device=device)
    assert not Bundle.objects.exists()
    with pytest.raises(CannotOpenReference):
        opened(subject, device, sent)


def test_a_lost_phone_leaves_nothing_that_opens_and_a_new_enrolment_does(
    subject: Subject, device: Device
) -> None:
    enrolled(subject, device, share())
    people.revoke_device(by=System("a test"), device=device)
    subject.refresh_from_db()
    assert not subject.has_face
    found: Any = make_device(subject)
    assert opened(subject, found, enrolled(subject, found, share())) == (MADE.template,)
