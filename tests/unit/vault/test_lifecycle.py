"""What any process may do to references needs no key: the portal's secrets suffice."""

import os

import pytest

from authsvc.tenancy.scope import tenant_scope
from authsvc.vault import lifecycle, opening
from authsvc.vault.models import DeviceWrap, Reference
from config import secrets as secrets_file
from tests.factories import make_tenant

MODEL = "G"


@pytest.fixture
def reference(db):
    with tenant_scope(make_tenant().id):
        yield opening.create_reference(
            model=MODEL,
            template=b"a template",
            engine="engine",
            quality=70,
            consent="consent",
            device="device",
            device_share=os.urandom(32),
            share_kind="prf",
        )


@pytest.fixture
def as_portal(reference, settings):
    """Take every secret away that a portal's process does not read."""
    made = secrets_file.generate()
    log = {name: key for name, key in settings.SECRETS.items() if name.startswith("log_key_")}
    settings.SECRETS = {**secrets_file.held(made, ["portal"]).keys, **log}
    return reference


@pytest.mark.requirement("S6.1-01", "S9.2-11")
def test_a_portal_finds_and_revokes_a_reference_that_it_cannot_open(as_portal):
    assert lifecycle.model_of(as_portal.pseudonym) == MODEL
    with pytest.raises(KeyError, match="vault_kek"):
        opening.open_reference(
            pseudonym=as_portal.pseudonym, version=1, device="device", device_share=os.urandom(32)
        )
    lifecycle.revoke_reference(pseudonym=as_portal.pseudonym, reason="test")
    assert list(lifecycle.revoked_references()) == [as_portal.pseudonym]
    assert bytes(Reference.objects.get().sealed_template) == b""
    assert not DeviceWrap.objects.exists()


@pytest.mark.requirement("S6.1-01", "S8.2-02")
def test_a_portal_forgets_a_device(as_portal):
    assert lifecycle.forget_device(device="another") == 0
    assert lifecycle.forget_device(device="device") == 1
    assert not DeviceWrap.objects.exists()


def test_a_reference_that_is_revoked_or_unknown_is_of_no_model(reference):
    assert lifecycle.model_of("unknown") is None
    lifecycle.revoke_reference(pseudonym=reference.pseudonym, reason="test")
    assert lifecycle.model_of(reference.pseudonym) is None
