"""Model G: what it keeps, what it asks for, who opens it, and what it says of itself."""

import pytest

from authsvc.core.application_models import Place, application_model
from authsvc.protection.base import Compared, Features
from authsvc.protection.split_secret import PROTECTION
from authsvc.vault.models import DeviceWrap, Reference
from authsvc.vault.opening import CannotOpenReference
from tests.factories import make_device
from tests.unit.protection.shares import share

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant"), pytest.mark.requirement("S6.3-02")]
MADE = Features(b"a template", "engine:1", 73)


def enrolled(subject, device, given):
    kept = PROTECTION.protect(MADE, subject=subject, device=device, share=given, consent="consent")
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    return kept


def test_it_keeps_a_sealed_template_with_the_server(subject, device):
    kept = enrolled(subject, device, share())
    row = Reference.objects.get(pk=kept.pseudonym)
    assert application_model(PROTECTION.letter).stored == Place.SERVER
    assert (row.model, row.engine, row.quality, row.version) == ("G", "engine:1", 73, 1)
    assert MADE.template not in bytes(row.sealed_template)


def test_it_opens_with_the_share_of_enrolment_alone(subject, device):
    given = share()
    enrolled(subject, device, given)
    assert PROTECTION.open(subject=subject, device=device, share=given) == (MADE.template,)
    with pytest.raises(CannotOpenReference):
        PROTECTION.open(subject=subject, device=device, share=share())


def test_t09_a_new_reference_leaves_the_one_before_until_it_takes_effect(subject, device):
    first = enrolled(subject, device, share())
    second = enrolled(subject, device, share())
    assert (second.version, second.pseudonym != first.pseudonym) == (2, True)
    assert Reference.objects.get(pk=first.pseudonym).status == Reference.Status.ACTIVE


def test_another_passkey_is_admitted_by_one_that_opens(subject, device):
    given, other = share(), share("browser")
    enrolled(subject, device, given)
    second = make_device(subject, share_kind="browser")
    with pytest.raises(CannotOpenReference):
        PROTECTION.admit(second, other, subject=subject, device=device, share=share())
    assert DeviceWrap.objects.count() == 1
    PROTECTION.admit(second, other, subject=subject, device=device, share=given)
    assert PROTECTION.open(subject=subject, device=second, share=other) == (MADE.template,)


def test_it_asks_for_the_kind_of_share_that_the_device_gave(subject):
    kinds = [PROTECTION.requests(make_device(subject, share_kind=kind)) for kind in ("prf", "browser")]
    assert kinds == list(application_model(PROTECTION.letter).shares)


@pytest.mark.requirement("S9.4-06")
def test_its_evidence_names_model_and_kind_and_no_secret(subject):
    assert PROTECTION.evidence(share_kind="prf") == Compared("G", "prf")
    assert repr(share().value) not in repr(share())
    assert "a template" not in repr(MADE)
