"""Copies of the key store: sealed, short-lived, and no way back for a key that was destroyed (T10)."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from django.core.management import CommandError, call_command
from joserfc import jwe

from authsvc.core import clock
from authsvc.keys.service import copies
from authsvc.keys.service.copies import CopyRefused
from authsvc.keys.service.counts import counts_in
from authsvc.keys.service.file import FileKeys
from authsvc.keys.service.interface import KeyGone

pytestmark = pytest.mark.requirement("S9.2-13")
SECRET = os.urandom(32)
AAD = b"context"
PASSPHRASE = "twenty characters and more"
PRIVATE_KEYS = [
    pytest.param(lambda: ec.generate_private_key(ec.SECP256R1()), id="P-256"),
    pytest.param(x25519.X25519PrivateKey.generate, id="X25519"),
    pytest.param(lambda: rsa.generate_private_key(65537, 2048), id="RSA"),
]


def keys_in(folder: Path) -> FileKeys:
    return FileKeys(folder, lambda: [SECRET])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Three references, of which the second is destroyed, and a counter."""
    keys = keys_in(tmp_path / "keys")
    for number in (1, 2, 3):
        keys.create(f"reference/{number}")
    keys.destroy("reference/2")
    keys.advance("sessions", at_least=41)
    return tmp_path / "keys"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    def move(by: timedelta) -> None:
        moment = clock.now() + by
        monkeypatch.setattr(copies, "now", lambda: moment)

    return move


def pem_pair(key: Any) -> tuple[bytes, bytes]:
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public


@pytest.mark.parametrize("make", PRIVATE_KEYS)
def test_a_copy_is_opened_by_the_operators_key_alone(store: Path, make: Any) -> None:
    (private, public), (other, _) = pem_pair(make()), pem_pair(make())
    copy = copies.taken(store)
    text = copies.sealed(copy, copies.of_pem(public))
    assert copies.opened(text, copies.of_pem(private)) == copy
    with pytest.raises(CopyRefused):
        copies.opened(text, copies.of_pem(other))


def test_a_copy_is_opened_by_its_passphrase_alone(store: Path) -> None:
    text = copies.sealed(copies.taken(store), copies.of_passphrase(PASSPHRASE))
    assert "reference/1" not in text
    assert set(copies.opened(text, copies.of_passphrase(PASSPHRASE)).keys) == {"reference/1", "reference/3"}
    with pytest.raises(CopyRefused):
        copies.opened(text, copies.of_passphrase(PASSPHRASE + "!"))
    with pytest.raises(CopyRefused):
        copies.of_passphrase("nineteen characters")


def test_an_altered_copy_is_refused(store: Path) -> None:
    text = copies.sealed(copies.taken(store), copies.of_passphrase(PASSPHRASE))
    for part in range(5):
        pieces = text.split(".")
        middle = len(pieces[part]) // 2
        swapped = "A" if pieces[part][middle] != "A" else "B"
        pieces[part] = pieces[part][:middle] + swapped + pieces[part][middle + 1 :]
        with pytest.raises(CopyRefused):
            copies.opened(".".join(pieces), copies.of_passphrase(PASSPHRASE))


def test_what_is_no_copy_is_refused(store: Path) -> None:
    """Something else that was sealed for the same passphrase, with the very content of a copy."""
    recipient = copies.of_passphrase(PASSPHRASE)
    header = {"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "typ": "another+jwe"}
    content = copies._to_json(copies.taken(store))
    other = jwe.encrypt_compact(header, content, recipient, list(header.values())[:2])
    with pytest.raises(CopyRefused, match="no copy of a key store"):
        copies.opened(other, recipient)


@pytest.mark.parametrize("pem", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"])
def test_what_is_no_key_is_nobody_to_seal_for(pem: bytes) -> None:
    with pytest.raises(CopyRefused, match="no key to seal for"):
        copies.of_pem(pem)


def test_a_lost_store_comes_back_with_what_it_held(store: Path, tmp_path: Path) -> None:
    wrapped = keys_in(store).wrap("reference/1", b"secret", AAD)
    copy, new = copies.taken(store), tmp_path / "new"
    done = copies.restore(copy, new, destroyed=["reference/2"])
    assert done == copies.Restored(keys=2, counters=1, destroyed=1)
    keys = keys_in(new)
    assert keys.unwrap("reference/1", wrapped, AAD) == b"secret"
    assert keys.current("sessions") == 41
    assert not keys.exists("reference/2")


def test_t10_a_restore_older_than_an_erasure_does_not_bring_the_erased_back(
    store: Path, tmp_path: Path
) -> None:
    copy, new = copies.taken(store), tmp_path / "new"
    wrapped = keys_in(store).wrap("reference/3", b"secret", AAD)
    keys_in(store).destroy("reference/3")
    newest = copies.destroyed_in(store)
    for folder in (new, store):  # a new machine, and the one that erased
        copies.restore(copy, folder, destroyed=newest)
        with pytest.raises(KeyGone):
            keys_in(folder).unwrap("reference/3", wrapped, AAD)
        with pytest.raises(KeyGone):
            keys_in(folder).create("reference/3")
        assert keys_in(folder).exists("reference/1")


def test_a_store_that_is_there_knows_itself_what_it_destroyed(store: Path) -> None:
    copy = copies.taken(store)
    keys_in(store).destroy("reference/3")
    copies.restore(copy, store, destroyed=copy.destroyed)
    assert not keys_in(store).exists("reference/3")
    assert [path for path in store.glob("*/*.key") if b"reference/3" in path.read_bytes()] == []


def test_a_list_that_is_older_than_the_copy_is_refused(store: Path, tmp_path: Path) -> None:
    with pytest.raises(CopyRefused, match="older than the copy"):
        copies.restore(copies.taken(store), tmp_path / "new", destroyed=[])
    assert not (tmp_path / "new").exists()


def test_a_restore_turns_no_counter_back_and_overwrites_no_key(store: Path) -> None:
    copy, keys = copies.taken(store), keys_in(store)
    keys.advance("sessions")
    keys.rotate("reference/1")
    wrapped = keys.wrap("reference/1", b"secret", AAD)
    assert copies.restore(copy, store, destroyed=copy.destroyed) == copies.Restored(0, 0, 1)
    assert keys.current("sessions") == 42
    assert keys.unwrap("reference/1", wrapped, AAD) == b"secret"


@pytest.mark.parametrize(("age", "good"), [(29.9, True), (30, False), (400, False), (-1, False)])
def test_t10_an_expired_copy_is_refused(store: Path, later: Any, age: float, good: bool) -> None:
    text = copies.sealed(copies.taken(store), copies.of_passphrase(PASSPHRASE))
    later(timedelta(days=age))
    if good:
        assert copies.opened(text, copies.of_passphrase(PASSPHRASE)).keys
        return
    with pytest.raises(CopyRefused, match="expired"):
        copies.opened(text, copies.of_passphrase(PASSPHRASE))


def test_no_copy_lives_longer_than_thirty_days(store: Path) -> None:
    with pytest.raises(CopyRefused):
        copies.taken(store, lives=timedelta(days=31))
    long = copies.Copy(clock.now(), clock.now() + timedelta(days=31), {}, {}, frozenset())
    with pytest.raises(CopyRefused, match="more than 30 days"):
        copies.opened(copies.sealed(long, copies.of_passphrase(PASSPHRASE)), copies.of_passphrase(PASSPHRASE))


def test_the_commands_copy_and_restore(store: Path, tmp_path: Path, settings: Any) -> None:
    settings.KEY_STORE = store
    private, public = pem_pair(ec.generate_private_key(ec.SECP256R1()))
    (tmp_path / "public.pem").write_bytes(public)
    (tmp_path / "private.pem").write_bytes(private)
    copy = tmp_path / "copy"
    call_command("key_backup", str(copy), "--for", str(tmp_path / "public.pem"), verbosity=0)
    keys_in(store).destroy("reference/3")
    call_command("key_backup", str(copy), "--list-only", verbosity=0)
    settings.KEY_STORE = tmp_path / "new"
    told = ["--with", str(tmp_path / "private.pem"), "--destroyed", f"{copy}.destroyed"]
    call_command("key_restore", str(copy), *told, verbosity=0)
    keys = keys_in(tmp_path / "new")
    assert [keys.exists(f"reference/{number}") for number in (1, 2, 3)] == [True, False, False]
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_copy_for_nobody_is_not_made(store: Path, tmp_path: Path, settings: Any) -> None:
    settings.KEY_STORE = store
    with pytest.raises(CommandError, match="for whom"):
        call_command("key_backup", str(tmp_path / "copy"))
    settings.KEY_SERVICE = "transit"
    with pytest.raises(CommandError, match="makes its copies itself"):
        call_command("key_backup", str(tmp_path / "copy"))


def test_the_counters_beside_a_security_module_travel_too(tmp_path: Path, settings: Any) -> None:
    settings.KEY_SERVICE, settings.KEY_STORE = "pkcs11", tmp_path / "first"
    counts_in(settings.KEY_STORE).advance("sessions", at_least=41)
    (tmp_path / "words").write_text(PASSPHRASE)
    words, copy = ["--passphrase-file", str(tmp_path / "words")], tmp_path / "copy"
    call_command("key_backup", str(copy), *words, verbosity=0)
    settings.KEY_STORE = tmp_path / "second"
    call_command("key_restore", str(copy), *words, "--destroyed", f"{copy}.destroyed", verbosity=0)
    assert counts_in(tmp_path / "second").current("sessions") == 41
