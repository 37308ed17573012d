"""Keys of the secrets files are rotated in steps, each of which every process can follow (S9.4-09)."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from authsvc.biometrics.records import record as records
from authsvc.core.envelope import CannotOpen
from authsvc.core.remembered import forget_everything
from authsvc.evaluation.storing import write_record
from authsvc.keys.held import NEXT, PREVIOUS, accepted
from authsvc.keys.kek import TOKEN, VAULT, kek
from authsvc.keys.models import SigningKey
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.file import FileKeys
from authsvc.keys.signing import ensure_keys, signer
from authsvc.keys.vaultkeys import open_vault_key
from authsvc.oidc.offering.provider import provider_options
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from config import rewrapping, rotation, secretfiles, secrets
from config.rotation import KEYS, Files
from portal.accounts.adapter import MfaAdapter
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-09")]
SETTLED = ("--settle", "0")


@pytest.fixture(params=["one file", "a file a role"])
def place(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Path:
    """Secrets in one file or split, which the process holds."""
    made = secrets.generate()
    settings.SECRET_KEY, settings.SECRETS, settings.SECRET_KEY_FALLBACKS = secrets.held(made, settings.ROLES)
    if request.param == "one file":
        secrets.write(tmp_path / "secrets.json", made)
        return tmp_path / "secrets.json"
    for section, content in secretfiles.split(made).items():
        secrets.write(tmp_path / "split" / f"{section}.json", content)
    return tmp_path / "split"


@pytest.fixture
def tenants() -> list[Tenant]:
    return [make_tenant("first"), make_tenant("second")]


def rotate(place: Path, key: str, *more: str) -> None:
    call_command("rotate_key", key, "--files", str(place), *(more or SETTLED))


def value(place: Path, key: str) -> str:
    section, _, name = key.partition(".")
    return Files(place).read()[section][name]


@pytest.mark.parametrize("key", KEYS)
def test_each_key_is_replaced_and_the_old_one_goes(place: Path, key: str, settings: Any) -> None:
    settings.DATA_DIR = place.parent
    old, before = value(place, key), Files(place).read()
    rotate(place, key)
    assert value(place, key) not in {old, ""}
    assert value(place, key + PREVIOUS) == old
    rotate(place, key, "--retire")
    after = Files(place).read()
    assert old not in json.dumps(after)
    assert {section: set(held) for section, held in after.items()} == {
        section: set(held) for section, held in before.items()
    }


@pytest.mark.parametrize("key", KEYS)
def test_no_process_meets_a_key_that_it_does_not_accept(place: Path, key: str) -> None:
    """Each step holds what the step before uses, and what the next one will."""
    rotated, files = KEYS[key], Files(place)
    whole = files.read()
    in_use = [value(place, key)]
    rotation.introduce(whole, rotated)
    files.write(whole)
    assert in_use == [value(place, key)]
    next_one = value(place, key + NEXT)
    rotation.switch(whole, rotated)
    files.write(whole)
    assert (value(place, key), value(place, key + PREVIOUS)) == (next_one, in_use[0])


def test_both_halves_of_a_pair_move_together(place: Path) -> None:
    rotate(place, "worker.verdict_private_key")
    whole = Files(place).read()
    for ending in ("", PREVIOUS):
        private = Ed25519PrivateKey.from_private_bytes(
            base64.b64decode(whole["worker"]["verdict_private_key" + ending])
        )
        public = base64.b64decode(whole["public"]["verdict_public_key" + ending])
        assert private.public_key().public_bytes_raw() == public


def test_a_rotation_that_was_interrupted_goes_on(place: Path) -> None:
    files, key = Files(place), KEYS["web.token_kek"]
    whole = files.read()
    rotation.introduce(whole, key)
    files.write(whole)
    introduced = value(place, "web.token_kek.next")
    with pytest.raises(CommandError, match="not yet in use"):
        rotate(place, "web.token_kek", "--retire")
    rotate(place, "web.token_kek")
    assert value(place, "web.token_kek") == introduced
    rotate(place, "web.token_kek")
    assert value(place, "web.token_kek") == introduced, "a rotation that is not over begins no other"


def test_what_is_sealed_is_sealed_anew_for_every_tenant(
    place: Path, tenants: list[Tenant], settings: Any
) -> None:
    sealed_for: dict[Tenant, tuple[bytes, bytes]] = {}
    for tenant in tenants:
        with tenant_scope(tenant.id):
            ensure_keys()
            sealed_for[tenant] = (provider_options().pairwise_secret, open_vault_key(create=True))
    for key in ("web.token_kek", "worker.vault_kek"):
        rotate(place, key)
        rotate(place, key, "--retire")
    held = secrets.held(Files(place).read(), settings.ROLES)
    settings.SECRETS = held.keys
    forget_everything()
    for tenant in tenants:
        with tenant_scope(tenant.id):
            assert signer("ES256").kid
            assert (provider_options().pairwise_secret, open_vault_key()) == sealed_for[tenant]


def test_rewrapping_goes_on_where_it_stopped(place: Path, tenants: list[Tenant], settings: Any) -> None:
    with tenant_scope(tenants[0].id):
        ensure_keys()
    rotate(place, "web.token_kek")
    assert rewrapping.token_keys().count == 0
    with tenant_scope(tenants[0].id):
        row = SigningKey.objects.first()
        assert row is not None
        row.sealed_private = kek(TOKEN).wrap(b"x", b"another context")
        row.save()
    assert rewrapping.token_keys().count == 0, "what no key opens stays as it is"


def test_every_column_under_a_rotated_key_is_known_to_the_rotation() -> None:
    """Whoever seals under a KEK seals into a column of this list."""
    root = Path(rewrapping.__file__).parents[1] / "authsvc"
    sealing = {
        str(path.relative_to(root)) for path in root.rglob("*.py") if "kek(TOKEN).wrap(" in path.read_text()
    }
    assert sealing == {
        "keys/signing.py",
        "keys/vouching.py",
        "oidc/offering/provider.py",
        "oidc/ciba/ping.py",
        "reach/keys.py",
        "reach/subscriptions.py",
    }
    vaults = {
        str(path.relative_to(root)) for path in root.rglob("*.py") if "kek(VAULT).wrap(" in path.read_text()
    }
    assert vaults == {"keys/vaultkeys.py"}


@pytest.mark.parametrize("role", ["portal", "web"])
def test_second_factors_are_sealed_anew(place: Path, settings: Any, role: str) -> None:
    """By the portal's key, and by the web's where one process is both."""
    user = get_user_model().objects.create(email="owner@example.org")
    adapter = MfaAdapter()
    with_django_key(settings, place, role)
    made: dict[str, Any] = {
        "totp": {"secret": adapter.encrypt("JBSWY3DPEHPK3PXP")},
        "recovery_codes": {"migrated_codes": [adapter.encrypt("code 1"), adapter.encrypt("code 2")]},
    }
    for kind, data in made.items():
        Authenticator.objects.create(user=user, type=kind, data=data)
    rotate(place, f"{role}.django_secret_key")
    rotate(place, f"{role}.django_secret_key", "--retire")
    with_django_key(settings, place, role)
    factors = {row.type: row.data for row in Authenticator.objects.all()}
    assert adapter.decrypt(factors["totp"]["secret"]) == "JBSWY3DPEHPK3PXP"
    assert [adapter.decrypt(one) for one in factors["recovery_codes"]["migrated_codes"]] == [
        "code 1",
        "code 2",
    ]
    with pytest.raises(CannotOpen):
        adapter.decrypt(made["totp"]["secret"])


def with_django_key(settings: Any, place: Path, role: str) -> None:
    held = secrets.held(Files(place).read(), [role])
    settings.SECRET_KEY, settings.SECRETS, settings.SECRET_KEY_FALLBACKS = held


def test_evaluation_records_are_signed_anew(place: Path, settings: Any) -> None:
    settings.DATA_DIR = place.parent
    folder = place.parent / "evaluation"
    own = records.EvaluationRecord("own", "engine", "stages", "data", "2026-01-01", {}, {})
    foreign = records.sign_record(
        records.EvaluationRecord("foreign", "e", "s", "d", "2026-01-02", {}, {}), os.urandom(32)
    )
    write_record(records.sign_record(own, settings.SECRETS["verdict_private_key"]), folder)
    write_record(foreign, folder)
    rotate(place, "worker.verdict_private_key")
    rotate(place, "worker.verdict_private_key", "--retire")
    held = secrets.held(Files(place).read(), ["worker"])
    settings.SECRETS = held.keys
    found = {one.id for one in records.load_records(folder, accepted("verdict_public_key"))}
    assert "own" in found
    assert "foreign" not in found


def test_the_key_store_is_sealed_anew(place: Path, settings: Any) -> None:
    key_service().create("reference/1")
    wrapped = key_service().wrap("reference/1", b"secret", b"context")
    rotate(place, "worker.key_store")
    rotate(place, "worker.key_store", "--retire")
    with_django_key(settings, place, "worker")
    assert key_service().unwrap("reference/1", wrapped, b"context") == b"secret"


def test_a_kek_in_a_key_service_is_rotated_there(
    place: Path, tenants: list[Tenant], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sealed under the secrets' key before moves too, and then needs that no more."""
    secret = os.urandom(32)
    service = FileKeys(place.parent / "service", lambda: [secret])
    with tenant_scope(tenants[0].id):
        vault_key = open_vault_key(create=True)
        ensure_keys()
    settings.KEY_SERVICE = "pkcs11"
    for module in ("authsvc.keys.kek", "config.management.commands.rotate_key"):
        monkeypatch.setattr(f"{module}.key_service", lambda: service)
    for name in (VAULT, TOKEN):
        service.create(name)
    for key in ("worker.vault_kek", "web.token_kek"):
        rotate(place, key)
        rotate(place, key, "--retire")
    settings.SECRETS = {}
    forget_everything()
    with tenant_scope(tenants[0].id):
        assert open_vault_key() == vault_key
        assert signer("ES256").kid


def test_without_a_name_the_keys_are_listed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rotate(place, "web.token_kek")
    capsys.readouterr()
    call_command("rotate_key", "--files", str(place))
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert set(lines) == set(KEYS)
    assert lines["web.token_kek"] == "switched"
    assert lines["worker.vault_kek"] == "in use"
