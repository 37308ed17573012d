"""The vault: a reference opens with both shares, in its own place and time, and not otherwise."""

import os

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authsvc.keys.models import VaultKey
from authsvc.keys.vaultkeys import destroy_vault_key
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import lifecycle, opening
from authsvc.vault.models import DeviceWrap, Reference
from tests.factories import make_tenant
from tests.unit.vault.conftest import TEMPLATE, create

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tenant():
    row = make_tenant()
    with tenant_scope(row.id):
        yield row


def opened(reference, share, device="device-1", version=1):
    return opening.open_reference(
        pseudonym=reference.pseudonym, version=version, device=device, device_share=share
    )


def refuses(message, *arguments, **named):
    with pytest.raises(opening.CannotOpenReference, match=message):
        opened(*arguments, **named)


def test_both_shares_open_a_reference(reference, share):
    result = opened(reference, share)
    assert (result.templates, result.engine, result.share_kind) == ((TEMPLATE,), "engine-1", "prf")


@pytest.mark.requirement("S6.3-02", "S8.1-06")
@pytest.mark.modes("attacks", models="G")
def test_the_server_alone_opens_nothing(reference, share):
    refuses("shares do not open", reference, os.urandom(32))
    refuses("not 32 bytes", reference, b"")
    refuses("not 32 bytes", reference, bytes(32))


@pytest.mark.modes("attacks", models="G")
def test_another_device_opens_nothing(reference, share):
    refuses("not wrapped for this device", reference, share, device="device-2")


@pytest.mark.requirement("S8.1-05", "S9.2-12")
def test_an_old_version_put_back_is_noticed(reference, share):
    refuses("version 1 is stored, 2 is expected", reference, share, version=2)


@pytest.mark.requirement("S8.1-05", "S9.2-12", "S6.3-01")
@pytest.mark.parametrize(
    ("field", "value"),
    [("engine", "engine-2"), ("version", 2), ("model", "A")],
    ids=["engine", "version", "model"],
)
def test_a_relabelled_reference_does_not_open(reference, share, field, value):
    Reference.objects.filter(pk=reference.pk).update(**{field: value})
    version = value if field == "version" else 1
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share, version=version)


@pytest.mark.requirement("S8.1-05")
def test_templates_swapped_between_two_people_do_not_open(reference, share):
    other = create(share, template=b"other" * 50)
    Reference.objects.filter(pk=reference.pk).update(sealed_template=other.sealed_template)
    refuses("altered", reference, share)


@pytest.mark.requirement("S8.1-05", "S8.3-02")
def test_a_reference_moved_to_another_tenant_does_not_open(reference, share):
    stolen = DeviceWrap.objects.filter(reference=reference).values("sealed_server_share", "wrapped_key").get()
    with tenant_scope(make_tenant().id):
        stranger = create(share)
        DeviceWrap.objects.filter(reference=stranger).update(**stolen)
        Reference.objects.filter(pk=stranger.pk).update(sealed_template=reference.sealed_template)
        refuses("shares do not open", stranger, share)


def test_a_wrap_relabelled_as_prf_does_not_open(share):
    weak = create(share, share_kind="browser")
    DeviceWrap.objects.update(share_kind="prf")
    refuses("shares do not open", weak, share)


def test_a_second_device_is_let_in_by_the_first(reference, share):
    second = os.urandom(32)
    opening.wrap_for_device(
        pseudonym=reference.pseudonym,
        version=1,
        device="device-1",
        device_share=share,
        new_device="device-2",
        new_share=second,
        new_share_kind="browser",
    )
    assert opened(reference, second, device="device-2").templates == (TEMPLATE,)
    assert opened(reference, share).templates == (TEMPLATE,)
    lifecycle.forget_device(device="device-1")
    refuses("not wrapped", reference, share)


def test_nobody_lets_a_second_device_in_without_the_first(reference):
    with pytest.raises(opening.CannotOpenReference):
        opening.wrap_for_device(
            pseudonym=reference.pseudonym,
            version=1,
            device="device-1",
            device_share=os.urandom(32),
            new_device="device-2",
            new_share=os.urandom(32),
            new_share_kind="prf",
        )
    assert DeviceWrap.objects.count() == 1


@pytest.mark.requirement("S9.2-11")
def test_a_revoked_reference_never_opens_again_and_leaves_no_template(reference, share):
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    refuses("no active reference", reference, share)
    assert bytes(Reference.objects.get(pk=reference.pk).sealed_template) == b""
    assert not DeviceWrap.objects.exists()


@pytest.mark.requirement("S9.2-11")
def test_a_renewed_reference_has_nothing_in_common_with_the_old_one(reference, share):
    fresh = create(share, version=2)
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="replaced")
    assert fresh.pseudonym != reference.pseudonym
    assert opened(fresh, share, version=2).templates == (TEMPLATE,)
    refuses("no active reference", reference, share)


@pytest.mark.requirement("S9.2-13")
def test_destroying_a_tenants_key_destroys_its_references(reference, share):
    destroy_vault_key()
    refuses("no vault key", reference, share)
    assert not VaultKey.objects.exists()


@pytest.mark.requirement("S5.4-01", "S9.2-13")
def test_no_template_stands_in_the_database_in_clear(reference):
    with connection.cursor() as cursor:
        for statement in ("SELECT * FROM vault_reference", "SELECT * FROM vault_devicewrap"):
            cursor.execute(statement)
            for row in cursor.fetchall():
                assert not any(
                    b"canary" in bytes(value) for value in row if isinstance(value, bytes | memoryview)
                )


@pytest.mark.requirement("S6.2-05", "S6.1-02")
def test_the_vault_holds_only_what_the_catalogue_allows():
    columns = {field.column for field in Reference._meta.get_fields() if hasattr(field, "column")}
    assert columns == {
        "pseudonym", "tenant_id", "model", "sealed_template", "engine", "version", "quality", "consent",
        "status", "created_at", "last_opened_at", "region", "object_name", "digest",
    }  # fmt: skip
    related = {field.related_model for model in (Reference, DeviceWrap) for field in model._meta.get_fields()}
    assert {model._meta.app_label for model in related if model} == {"tenancy", "vault"}


@pytest.mark.requirement("S6.2-03")
def test_a_reference_is_read_by_its_name_and_never_searched_for(reference, share):
    """As many queries among thirty references as among one, and each names the one it wants."""
    with CaptureQueriesContext(connection) as alone:
        opened(reference, share)
    for _ in range(30):
        create(os.urandom(32))
    with CaptureQueriesContext(connection) as among_many:
        opened(reference, share)
    assert len(among_many) == len(alone)
    reads = [
        query["sql"] for query in among_many if "SELECT" in query["sql"] and "vault_reference" in query["sql"]
    ]
    assert reads
    assert all(reference.pseudonym in sql for sql in reads)
