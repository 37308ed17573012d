"""T10: a reference opens with its own key of the key service alone, and is erased with it."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from authsvc.audit.models import AuditEvent
from authsvc.core.envelope import seal
from authsvc.keys.service import copies
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.interface import KeyGone, KeyServiceDown
from authsvc.keys.vaultkeys import open_vault_key
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import lifecycle, opening, ownkeys
from authsvc.vault.models import DeviceWrap, DueErasure, Reference
from tests.factories import make_tenant
from tests.unit.vault.conftest import TEMPLATE, create

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Any) -> Path:
    """An empty folder of keys."""
    settings.KEY_STORE = tmp_path / "keys"
    return tmp_path / "keys"


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    row = make_tenant()
    with tenant_scope(row.id):
        yield row


def opened(reference: Reference, share: bytes, device: str = "device-1") -> bytes:
    return opening.open_reference(
        pseudonym=reference.pseudonym, version=reference.version, device=device, device_share=share
    ).templates[0]


class Backup:
    """The rows of a reference as a copy of the database keeps them."""

    def __init__(self, reference: Reference) -> None:
        self.row = Reference.objects.filter(pk=reference.pk).values().get()
        self._wraps = list(DeviceWrap.objects.filter(reference=reference).values())

    def restore(self) -> None:
        DueErasure.objects.filter(pseudonym=self.row["pseudonym"]).delete()
        Reference.objects.filter(pk=self.row["pseudonym"]).update(**self.row)
        DeviceWrap.objects.bulk_create(DeviceWrap(**wrap) for wrap in self._wraps)


def as_of_the_release_before(reference: Reference, share: bytes) -> None:
    """Store the wrap as it was stored before references had keys of their own."""
    wrap = DeviceWrap.objects.get(reference=reference)
    aad = opening._wrap_context(reference, wrap.device, wrap.share_kind)
    plain = opening._server_share(wrap, aad)
    sealed = seal(open_vault_key(), plain, aad)
    DeviceWrap.objects.filter(pk=wrap.pk).update(sealed_server_share=sealed, under_key=False)


def test_t10_nothing_opens_without_the_references_own_key(reference: Reference, share: bytes) -> None:
    assert opened(reference, share) == TEMPLATE
    key_service().destroy(ownkeys.key_of(reference.pseudonym))
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share)


def test_t10_an_erasure_destroys_the_key(reference: Reference, share: bytes) -> None:
    before = Backup(reference)
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    assert ownkeys.destroy_due() == 1
    assert not DueErasure.objects.exists()
    assert AuditEvent.objects.filter(
        tag="vault:reference:key-destroyed", details__reference=reference.pseudonym
    ).exists()
    before.restore()
    with pytest.raises(opening.CannotOpenReference, match="destroyed"):
        opened(reference, share)


def test_t10_a_key_of_somebody_else_stays(reference: Reference, share: bytes) -> None:
    other = create(share)
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    ownkeys.destroy_due()
    assert opened(other, share) == TEMPLATE


def test_t10_a_renewed_reference_takes_its_predecessors_key_along(reference: Reference, share: bytes) -> None:
    before = Backup(reference)
    fresh = create(share, version=2)
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="replaced")
    ownkeys.destroy_due()
    assert opened(fresh, share) == TEMPLATE
    before.restore()
    with pytest.raises(opening.CannotOpenReference, match="destroyed"):
        opened(reference, share)


def test_t10_an_erasure_that_is_rolled_back_destroys_nothing(reference: Reference, share: bytes) -> None:
    with transaction.atomic():
        lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
        transaction.set_rollback(True)
    assert ownkeys.destroy_due() == 0
    assert opened(reference, share) == TEMPLATE


class Down:
    """A key service that does not answer."""

    def __getattr__(self, name: str) -> Any:
        def call(*_: object) -> None:
            raise KeyServiceDown("nobody answers")

        return call


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(ownkeys, "key_service", Down)
        patch.setattr(opening, "key_service", Down)
        yield


@pytest.mark.requirement("S9.4-14")
@pytest.mark.usefixtures("down")
def test_t10_without_the_key_service_nothing_opens_and_nothing_is_kept(share: bytes) -> None:
    with pytest.raises(opening.CannotOpenReference, match="nobody answers"):
        create(share)
    assert not Reference.objects.exists()


def test_a_key_service_that_is_down_says_nothing_of_the_reference(
    reference: Reference, share: bytes, request: pytest.FixtureRequest
) -> None:
    """Who opens it asks the person again, and counts no try."""
    request.getfixturevalue("down")
    with pytest.raises(KeyServiceDown):
        opened(reference, share)


def test_t10_a_destruction_that_fails_stays_due_until_it_is_done(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    with monkeypatch.context() as patch:
        patch.setattr(ownkeys, "key_service", Down)
        assert ownkeys.destroy_due() == 0
    assert DueErasure.objects.count() == 1
    assert not AuditEvent.objects.filter(tag="vault:reference:key-destroyed").exists()
    assert ownkeys.destroy_due() == 1
    assert ownkeys.destroy_due() == 0
    assert AuditEvent.objects.filter(tag="vault:reference:key-destroyed").count() == 1


def test_t10_one_destruction_that_fails_keeps_no_other_waiting(
    reference: Reference, share: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = create(share)
    for each in (reference, other):
        lifecycle.revoke_reference(pseudonym=each.pseudonym, reason="test")
    service = key_service()

    class OneFails:
        def destroy(self, name: str) -> None:
            if reference.pseudonym in name:
                raise KeyServiceDown("not this one")
            service.destroy(name)

    monkeypatch.setattr(ownkeys, "key_service", OneFails)
    assert ownkeys.destroy_due() == 1
    assert [row.pseudonym for row in DueErasure.objects.all()] == [reference.pseudonym]


def test_t10_whoever_holds_no_key_can_have_one_destroyed(reference: Reference, settings: Any) -> None:
    held = settings.SECRETS
    settings.SECRETS = {name: key for name, key in held.items() if name.startswith("log_key_")}
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    settings.SECRETS = held
    assert ownkeys.destroy_due() == 1
    with pytest.raises(KeyGone):
        key_service().wrap(ownkeys.key_of(reference.pseudonym), b"", b"")


def test_t10_references_of_the_release_before_open_and_are_wrapped_once(
    reference: Reference, share: bytes
) -> None:
    as_of_the_release_before(reference, share)
    assert opened(reference, share) == TEMPLATE
    before = bytes(DeviceWrap.objects.get().sealed_server_share)
    call_command("rewrap_references")
    wrap = DeviceWrap.objects.get()
    assert wrap.under_key
    assert bytes(wrap.sealed_server_share) != before
    assert opened(reference, share) == TEMPLATE
    assert opening.wrap_under_own_keys() == 0
    key_service().destroy(ownkeys.key_of(reference.pseudonym))
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share)


def test_t10_a_wrap_that_is_relabelled_as_of_the_release_before_does_not_open(
    reference: Reference, share: bytes
) -> None:
    DeviceWrap.objects.update(under_key=False)
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share)


def test_t10_one_references_key_opens_no_other(reference: Reference, share: bytes) -> None:
    other = create(share)
    stolen = DeviceWrap.objects.filter(reference=reference).values("sealed_server_share", "wrapped_key").get()
    DeviceWrap.objects.filter(reference=other).update(**stolen)
    with pytest.raises(opening.CannotOpenReference):
        opened(other, share)


def test_t10_a_restored_database_brings_nothing_back(reference: Reference, share: bytes) -> None:
    other, before = create(share), Backup(reference)
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    ownkeys.destroy_due()
    before.restore()
    call_command("reconcile_references", missing=True)
    assert lifecycle.facts_of(reference.pseudonym) is None
    assert not DeviceWrap.objects.filter(reference=reference).exists()
    assert opened(other, share) == TEMPLATE


def test_t10_restored_keys_are_destroyed_again(reference: Reference, store: Path, tmp_path: Path) -> None:
    """A copy of the whole folder, as nobody should make one, restored in its place."""
    shutil.copytree(store, tmp_path / "copy")
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    ownkeys.destroy_due()
    shutil.rmtree(store)
    shutil.copytree(tmp_path / "copy", store)
    assert key_service().exists(ownkeys.key_of(reference.pseudonym))
    call_command("reconcile_references")
    assert not key_service().exists(ownkeys.key_of(reference.pseudonym))


def test_t10_a_restore_of_both_opens_what_was_not_erased(
    reference: Reference, share: bytes, store: Path, tmp_path: Path
) -> None:
    erased, before = create(share), Backup(reference)
    copy = copies.taken(store)
    lifecycle.revoke_reference(pseudonym=erased.pseudonym, reason="test")
    ownkeys.destroy_due()
    destroyed = copies.destroyed_in(store)
    shutil.rmtree(store)
    with pytest.raises(opening.CannotOpenReference):
        opened(reference, share)
    Reference.objects.filter(pk=reference.pk).delete()
    copies.restore(copy, store, destroyed=destroyed)
    Reference.objects.create(**before.row)
    before.restore()
    call_command("reconcile_references")
    assert opened(reference, share) == TEMPLATE
    assert not key_service().exists(ownkeys.key_of(erased.pseudonym))


def test_t10_a_missing_store_of_keys_erases_nobody(
    reference: Reference, share: bytes, settings: Any, tmp_path: Path, capsys: Any
) -> None:
    """Whoever restores the database first, or names the wrong folder, has lost nothing."""
    kept, settings.KEY_STORE = settings.KEY_STORE, tmp_path / "another"
    call_command("reconcile_references")
    assert "1 references have no key" in capsys.readouterr().out
    settings.KEY_STORE = kept
    assert opened(reference, share) == TEMPLATE
