"""Model A: the server opens the reference alone, under the tenant's key and the reference's own."""

import os

import pytest

from authsvc.core.application_models import Flow, Place, application_model
from authsvc.devices.models import Device
from authsvc.keys.service.chosen import key_service
from authsvc.protection.base import Compared, Features, Share
from authsvc.protection.central import PROTECTION
from authsvc.protection.split_secret import PROTECTION as SPLIT
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import forget_device, opens_for
from authsvc.vault.models import DeviceWrap, Reference
from authsvc.vault.opening import CannotOpenReference, seal_under_newest
from authsvc.vault.ownkeys import key_of
from tests.factories import make_device

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant"), pytest.mark.requirement("S6.3-02")]
MADE = Features(b"a template", "engine:1", 73)
NONE = Share(b"", "")


def enrolled(subject: Subject, device: Device, protection=PROTECTION, share: Share = NONE) -> None:
    kept = protection.protect(MADE, subject=subject, device=device, share=share, consent="consent")
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    subject.save()


def test_the_server_opens_it_alone_for_every_device_of_the_person(subject: Subject, device: Device) -> None:
    enrolled(subject, device)
    second = make_device(subject)
    for each in (device, second):
        assert PROTECTION.requests(each) is None
        assert PROTECTION.open(subject=subject, device=each, share=NONE) == (MADE.template,)
        assert opens_for(subject.reference, device=each.pk)
    assert MADE.template not in bytes(Reference.objects.get().sealed_template)
    assert PROTECTION.evidence(share_kind="prf") == Compared("A", None)


def test_a_moment_is_added_and_opened(subject: Subject, device: Device) -> None:
    enrolled(subject, device)
    kept = PROTECTION.add(Features(b"later", "engine:1", 60), subject=subject, device=device, share=NONE)
    assert (kept.pseudonym, bool(kept.moment)) == (subject.reference, True)


def test_what_is_altered_or_erased_opens_no_more(subject: Subject, device: Device) -> None:
    enrolled(subject, device)
    key_service().destroy(key_of(subject.reference))
    with pytest.raises(CannotOpenReference):
        PROTECTION.open(subject=subject, device=device, share=NONE)


@pytest.mark.modes("attacks", models="A")
def test_a_share_that_came_all_the_same_opens_nothing(subject: Subject, device: Device) -> None:
    enrolled(subject, device)
    with pytest.raises(CannotOpenReference):
        PROTECTION.open(subject=subject, device=device, share=Share(os.urandom(32), "prf"))


@pytest.mark.modes("attacks", models="A")
def test_a_split_secret_is_not_opened_as_if_it_were_central(subject: Subject, device: Device) -> None:
    enrolled(subject, device, SPLIT, Share(os.urandom(32), "prf"))
    with pytest.raises(CannotOpenReference, match="not wrapped"):
        PROTECTION.open(subject=subject, device=device, share=NONE)
    # Even where somebody relabels its row and its wrap.
    Reference.objects.update(model="A")
    DeviceWrap.objects.update(device="", share_kind="")
    with pytest.raises(CannotOpenReference):
        PROTECTION.open(subject=subject, device=device, share=NONE)


def test_a_revoked_device_takes_no_others_face(subject: Subject, device: Device) -> None:
    enrolled(subject, device)
    forget_device(device=device.pk)
    assert PROTECTION.open(subject=subject, device=device, share=NONE) == (MADE.template,)
    assert seal_under_newest().closed == 0


@pytest.mark.requirement("S6.3-01")
def test_its_row_lists_no_share() -> None:
    row = application_model(PROTECTION.letter)
    assert row is not None
    assert (row.stored, row.compared, row.shares) == (Place.SERVER, Place.SERVER, ())
    assert Flow.SHARE not in row.crossing.up
    assert not row.default
