"""Further moments of a reference: sealed under its data key, opened where named, erased with it."""

from typing import Any

import pytest

from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import lifecycle, opening
from authsvc.vault.models import Moment, Reference
from tests.factories import make_tenant
from tests.unit.vault.conftest import TEMPLATE, create

pytestmark = pytest.mark.django_db
LATER = b"another moment" * 20


@pytest.fixture(autouse=True)
def _tenant() -> Any:
    with tenant_scope(make_tenant().id):
        yield


@pytest.fixture
def moment(reference: Reference, share: bytes) -> Moment:
    return add(reference, share)


def add(reference: Reference, share: bytes, template: bytes = LATER) -> Moment:
    return opening.add_moment(
        pseudonym=reference.pseudonym,
        version=1,
        device="device-1",
        device_share=share,
        template=template,
        quality=60,
    )


def opened(reference: Reference, share: bytes, *moments: str) -> tuple[bytes, ...]:
    return opening.open_reference(
        pseudonym=reference.pseudonym,
        version=1,
        device="device-1",
        device_share=share,
        moments=moments,
    ).templates


def refuses(message: str, *arguments: Any) -> None:
    with pytest.raises(opening.CannotOpenReference, match=message):
        opened(*arguments)


def test_what_is_named_is_opened_and_nothing_else(reference: Reference, share: bytes, moment: Moment) -> None:
    assert opened(reference, share) == (TEMPLATE,)
    assert opened(reference, share, reference.pk, moment.pk) == (TEMPLATE, LATER)
    assert opened(reference, share, moment.pk) == (LATER,)


@pytest.mark.requirement("S6.3-02", "S9.2-15")
def test_without_the_devices_share_none_is_added(reference: Reference) -> None:
    with pytest.raises(opening.CannotOpenReference, match="shares do not open"):
        add(reference, bytes(range(32)))
    assert not Moment.objects.exists()


@pytest.mark.requirement("S8.1-05", "S9.2-12")
def test_one_that_is_missing_relabelled_or_altered_does_not_open(
    reference: Reference, share: bytes, moment: Moment
) -> None:
    second = add(reference, share, b"a third one" * 20)
    refuses("is not there", reference, share, "x" * 24)
    Moment.objects.filter(pk=moment.pk).update(sealed_template=second.sealed_template)
    refuses("altered", reference, share, moment.pk)
    Moment.objects.filter(pk=moment.pk).update(sealed_template=reference.sealed_template)
    refuses("altered", reference, share, moment.pk)
    Reference.objects.filter(pk=reference.pk).update(sealed_template=second.sealed_template)
    refuses("altered", reference, share)


@pytest.mark.requirement("S8.1-05", "S8.3-02")
def test_that_of_another_reference_is_not_there(reference: Reference, share: bytes, moment: Moment) -> None:
    other = create(share)
    refuses("is not there", other, share, other.pk, moment.pk)
    Moment.objects.filter(pk=moment.pk).update(reference=other)
    refuses("altered", other, share, moment.pk)


@pytest.mark.requirement("S9.2-11", "S5.4-01")
def test_they_are_erased_with_the_reference(reference: Reference, moment: Moment) -> None:
    assert lifecycle.qualities_of(reference.pk) == {reference.pk: 70, moment.pk: 60}
    lifecycle.revoke_reference(pseudonym=reference.pk, reason="test")
    assert not Moment.objects.exists()
    assert lifecycle.qualities_of(reference.pk) == {}


def test_some_leave_and_the_others_stay(reference: Reference, share: bytes, moment: Moment) -> None:
    second = add(reference, share, b"a third one" * 20)
    lifecycle.drop_moments(pseudonym=reference.pk, moments=[moment.pk])
    assert opened(reference, share, reference.pk, second.pk) == (TEMPLATE, b"a third one" * 20)
    lifecycle.drop_moments(pseudonym=reference.pk, moments=[reference.pk])
    refuses("has nothing of it", reference, share)
    assert opened(reference, share, second.pk) == (b"a third one" * 20,)
    assert bytes(Reference.objects.get(pk=reference.pk).sealed_template) == b""
