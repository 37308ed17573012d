"""Questions that the ORM writes once (docs/adr/0531)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Count, QuerySet, Value
from django.db.transaction import TransactionManagementError

from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.privacy.models import ConsentReceipt
from authsvc.seals.written import Given, Written
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_consent, make_device, make_subject, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.pk):
        yield made


def _devices() -> QuerySet[Device]:
    return Device.objects.select_related("subject__tenant").filter(subject_id=Given("subject")).order_by("pk")


def test_rows_are_what_the_query_set_reads(tenant: Tenant) -> None:
    person = make_subject()
    made = [make_device(person), make_device(person)]
    make_device(make_subject())
    read = Written(_devices).rows(subject=person.pk)
    assert sorted(each.pk for each in read) == sorted(each.pk for each in made)
    for row in read:
        stored = Device.objects.get(pk=row.pk)
        for field in Device._meta.concrete_fields:
            assert getattr(row, field.attname) == getattr(stored, field.attname)
        assert "subject" in row._state.fields_cache
        assert row.subject == person
        assert row.subject.tenant == tenant
        row.save()  # its seal is that of the row as it was read


def test_a_question_is_written_once_and_asked_of_the_tenant_in_scope(tenant: Tenant) -> None:
    written = 0

    def write() -> QuerySet[Subject]:
        nonlocal written
        written += 1
        return Subject.objects.filter(name=Given("name"))

    asked = Written(write)
    ours = make_subject(name="Same")
    other = make_tenant()
    with tenant_scope(other.pk):
        theirs = make_subject(name="Same")
        assert asked.rows(name="Same") == [theirs]
    assert asked.rows(name="Same") == [ours]
    assert asked.row(name="Nobody") is None
    assert written == 1


def test_what_is_not_believed_is_not_there(tenant: Tenant) -> None:
    person = make_subject()
    device = make_device(person)
    Subject._base_manager.filter(pk=person.pk).update(name="Another")
    asked = Written(_devices)
    assert asked.rows(subject=person.pk) == list(_read(device))
    every = Written(lambda: Subject.objects.unchecked().filter(pk=Given("id")))
    assert every.row(id=person.pk) is not None
    assert Written(lambda: Subject.objects.filter(pk=Given("id"))).row(id=person.pk) is None


def _read(device: Device) -> QuerySet[Device]:
    return Device.objects.select_related("subject__tenant").filter(pk=device.pk)


def test_values_come_as_the_database_has_them(tenant: Tenant) -> None:
    person = make_subject()
    make_consent(person)

    def write() -> QuerySet[ConsentReceipt, tuple[int]]:
        held = ConsentReceipt.objects.filter(subject_id=Given("subject"), expires_at__gt=Given("moment"))
        return held.values(whole=Value(1)).annotate(held=Count("pk")).values_list("held")

    asked = Written(write)
    assert list(asked.values(subject=person.pk, moment=now())[0]) == [1]
    assert list(asked.values(subject=person.pk, moment=now() + timedelta(days=4000))[0]) == [0]


@pytest.mark.needs("postgresql")  # SQLite has moments as texts
def test_a_moment_is_given(tenant: Tenant) -> None:
    asked = Written(lambda: ConsentReceipt.objects.filter(expires_at__gt=now()))
    with pytest.raises(AssertionError, match="a moment is given"):
        asked.rows()


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction(tenant: Tenant) -> None:
    person = make_subject()
    asked = Written(lambda: Subject.objects.select_for_update(no_key=True).filter(pk=Given("id")))
    with transaction.atomic():
        assert asked.row(id=person.pk) == person
    with pytest.raises(TransactionManagementError):
        asked.row(id=person.pk)


def test_what_is_missing_is_said(tenant: Tenant) -> None:
    with pytest.raises(KeyError):
        Written(_devices).rows()
