"""A tenant's vault key is rotated without anybody's phone, and what was erased stays so (S9.4-09)."""

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.envelope import CannotOpen, unseal
from authsvc.keys.models import VaultKey
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.interface import KeyServiceDown
from authsvc.keys.vaultkeys import open_vault_key, open_vault_keys
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import lifecycle, opening, ownkeys
from authsvc.vault.models import DeviceWrap, Reference
from tests.factories import make_tenant
from tests.unit.vault.conftest import TEMPLATE, create
from tests.unit.vault.test_own_keys import Backup, as_of_the_release_before, opened

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-09", "S9.2-13")]


@pytest.fixture(autouse=True)
def tenant(tmp_path: Path, settings: Any) -> Iterator[Tenant]:
    settings.KEY_STORE = tmp_path / "keys"
    row = make_tenant()
    with tenant_scope(row.id):
        yield row


def rotate(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_vault_keys", *arguments, stdout=out)
    return out.getvalue()


def test_what_the_old_key_sealed_opens_before_amid_and_after(reference: Reference, share: bytes) -> None:
    old = open_vault_key()
    assert "1 wraps sealed anew" in rotate()
    assert open_vault_keys()[1:] == [old] != [open_vault_key()]
    assert opened(reference, share) == TEMPLATE
    assert "the old key is gone" in rotate("--retire")
    assert old not in open_vault_keys()
    assert VaultKey.objects.get().previous is None
    assert opened(reference, share) == TEMPLATE
    tags = [Tag.KEY_ROTATED.value, Tag.KEY_REVOKED.value]
    assert (
        list(AuditEvent.objects.filter(tag__in=tags).order_by("sequence").values_list("tag", flat=True))
        == tags
    )


def test_nothing_that_is_stored_opens_with_the_old_key(reference: Reference, share: bytes) -> None:
    old, row = open_vault_key(), DeviceWrap.objects.get()
    aad = opening._wrap_context(reference, row.device, row.share_kind)
    assert unseal(old, opening._without_own_key(row, aad), aad)
    rotate()
    rotate("--retire")
    with pytest.raises(CannotOpen):
        unseal(old, opening._without_own_key(DeviceWrap.objects.get(), aad), aad)


def test_a_copy_of_before_opens_until_the_old_key_is_gone(reference: Reference, share: bytes) -> None:
    before = bytes(DeviceWrap.objects.get().sealed_server_share)
    rotate()
    DeviceWrap.objects.update(sealed_server_share=before)
    assert opened(reference, share) == TEMPLATE
    rotate("--retire")
    DeviceWrap.objects.update(sealed_server_share=before)
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share)


def test_what_was_sealed_meanwhile_by_the_old_key_is_caught_up_with(
    reference: Reference, share: bytes
) -> None:
    """A task read the key before the rotation, and stores what it sealed after it."""
    before = bytes(DeviceWrap.objects.get().sealed_server_share)
    rotate()
    DeviceWrap.objects.update(sealed_server_share=before)
    assert "1 wraps sealed anew" in rotate("--retire")
    assert opened(reference, share) == TEMPLATE


def test_an_interrupted_rotation_goes_on(reference: Reference, share: bytes) -> None:
    rotate()
    keys = open_vault_keys()
    assert "0 wraps sealed anew" in rotate()
    assert open_vault_keys() == keys, "a rotation that is not over begins no other"


def test_t10_a_rotated_reference_is_still_erased_with_its_key(reference: Reference, share: bytes) -> None:
    rotate()
    rotate("--retire")
    before = Backup(reference)
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    ownkeys.destroy_due()
    before.restore()
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share)


def test_t10_a_rotation_brings_no_erased_reference_back(reference: Reference, share: bytes) -> None:
    other_share = os.urandom(32)
    other, before = create(other_share), Backup(reference)
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    ownkeys.destroy_due()
    before.restore()
    told = rotate()
    assert "1 wraps sealed anew" in told
    assert "1 open under no key" in told
    assert not key_service().exists(ownkeys.key_of(reference.pseudonym))
    rotate("--retire")
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share)
    assert opened(other, other_share) == TEMPLATE


def test_references_of_the_release_before_are_rotated_too(reference: Reference, share: bytes) -> None:
    as_of_the_release_before(reference, share)
    rotate()
    rotate("--retire")
    assert not DeviceWrap.objects.get().under_key
    assert opened(reference, share) == TEMPLATE


def test_without_the_key_service_the_old_key_stays(
    reference: Reference, share: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate()

    def down(*_: Any) -> None:
        raise KeyServiceDown("no answer")

    with monkeypatch.context() as patched:
        patched.setattr("authsvc.keys.service.file.FileKeys.unwrap", down)
        with pytest.raises(CommandError, match="run it again"):
            rotate("--retire")
    assert len(open_vault_keys()) == 2
    assert opened(reference, share) == TEMPLATE


def test_one_tenant_is_rotated_alone(reference: Reference, share: bytes, tenant: Tenant) -> None:
    key, other = open_vault_key(), make_tenant()
    with tenant_scope(other.id):
        others = open_vault_key(create=True)
        rotate(tenant.slug)
        assert open_vault_keys() == [others]
    assert open_vault_key() != key
    with pytest.raises(CommandError, match="no tenant nowhere"):
        rotate("nowhere")


def test_a_tenant_without_references_has_nothing_to_rotate() -> None:
    assert "wraps" not in rotate()
    assert not VaultKey.objects.exists()
