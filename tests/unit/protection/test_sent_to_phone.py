"""Model C: the reference lies as in model G, and what the phone is sent it opens for nobody else."""

import pytest

from authsvc.core.application_models import Flow, Place, application_model
from authsvc.core.stages import LIVENESS, Stage
from authsvc.devices.models import Device
from authsvc.protection.base import Compared, Features, Share
from authsvc.protection.sent_to_phone import PROTECTION
from authsvc.subjects.models import Subject
from authsvc.vault.models import Reference
from authsvc.vault.opening import CannotOpenReference
from tests.unit.protection.shares import share

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("tenant"),
    pytest.mark.requirement("S6.3-01", "S6.3-02"),
]
MADE = Features(b"a template of some length, which nobody else has" * 4, "engine:1", 73)


def enrolled(subject: Subject, device: Device, given: Share) -> None:
    kept = PROTECTION.protect(MADE, subject=subject, device=device, share=given, consent="consent")
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    subject.save()


def test_it_lies_sealed_and_opens_with_a_share_that_the_passkey_released(
    subject: Subject, device: Device
) -> None:
    given = share()
    enrolled(subject, device, given)
    assert MADE.template not in bytes(Reference.objects.get().sealed_template)
    assert PROTECTION.open(subject=subject, device=device, share=given) == (MADE.template,)
    with pytest.raises(CannotOpenReference):
        PROTECTION.open(subject=subject, device=device, share=share())


@pytest.mark.parametrize("kind", ["browser", ""])
def test_a_share_that_no_passkey_released_keeps_nothing(subject: Subject, device: Device, kind: str) -> None:
    with pytest.raises(CannotOpenReference):
        enrolled(subject, device, share(kind))
    assert not Reference.objects.exists()


def test_a_sign_in_is_judged_without_a_comparison_and_all_else_with_one(device: Device) -> None:
    row = application_model(PROTECTION.letter)
    assert row is not None
    assert (row.stored, row.compared, row.sandbox, row.agreed) == (Place.SERVER, Place.PHONE, True, True)
    assert (Flow.RESULT in row.crossing.up, Flow.REFERENCE in row.crossing.down) == (True, True)
    assert Flow.REFERENCE not in row.crossing.up
    assert set(LIVENESS) <= set(PROTECTION.verify)
    assert {Stage.VAULT, Stage.FEATURES, Stage.COMPARISON}.isdisjoint(PROTECTION.verify)
    assert Stage.COMPARISON in PROTECTION.renew
    assert Stage.COMPARISON in PROTECTION.bind
    assert PROTECTION.requests(device) == "prf"
    assert PROTECTION.evidence(share_kind=None) == Compared("C", "prf")
