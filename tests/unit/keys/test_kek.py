"""Keys that other keys are sealed under: in the secrets, or in the key service (ADR 0276)."""

import os
from pathlib import Path
from typing import Any

import pytest

from authsvc.core.envelope import CannotOpen, seal
from authsvc.keys import kek as module
from authsvc.keys.kek import TOKEN, VAULT, kek, may_use
from authsvc.keys.service.file import FileKeys
from authsvc.keys.service.interface import KeyServiceDown

pytestmark = pytest.mark.requirement("S9.4-09", "S9.2-13")
AAD = b"context"


@pytest.fixture
def service(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> FileKeys:
    """A key service that is none of this machine's."""
    secret = os.urandom(32)
    made = FileKeys(tmp_path / "service", lambda: [secret])
    settings.KEY_SERVICE = "transit"
    monkeypatch.setattr(module, "key_service", lambda: made)
    return made


@pytest.mark.parametrize("name", [TOKEN, VAULT])
def test_in_secrets_every_accepted_key_opens_and_one_seals(settings: Any, name: str) -> None:
    old, new, next_one = (os.urandom(32) for _ in range(3))
    settings.SECRETS = {name: new, f"{name}.previous": old, f"{name}.next": next_one}
    for key in (old, new, next_one):
        assert kek(name).unwrap(seal(key, b"content", AAD), AAD) == b"content"
        assert kek(name).is_current(seal(key, b"content", AAD), AAD) == (key == new)
    with pytest.raises(CannotOpen):
        kek(name).unwrap(seal(os.urandom(32), b"content", AAD), AAD)
    settings.SECRETS = {name: new}
    assert kek(name).unwrap(kek(name).wrap(b"content", AAD), AAD) == b"content"


@pytest.mark.requirement("S6.1-01")
def test_a_process_without_the_key_seals_and_opens_nothing(settings: Any) -> None:
    sealed = kek(TOKEN).wrap(b"content", AAD)
    settings.SECRETS = {}
    assert not may_use(TOKEN)
    with pytest.raises(KeyError):
        kek(TOKEN).wrap(b"content", AAD)
    with pytest.raises(KeyError):
        kek(TOKEN).unwrap(sealed, AAD)


def test_with_a_service_no_process_holds_the_key(service: FileKeys, settings: Any) -> None:
    settings.SECRETS = {}
    sealed = kek(VAULT).wrap(b"content", AAD)
    assert kek(VAULT).unwrap(sealed, AAD) == b"content"
    assert service.exists(VAULT)
    for aad in (b"", b"another"):
        with pytest.raises(CannotOpen):
            kek(VAULT).unwrap(sealed, aad)
    service.rotate(VAULT)
    assert (kek(VAULT).unwrap(sealed, AAD), kek(VAULT).is_current(sealed, AAD)) == (b"content", False)


@pytest.mark.requirement("S6.1-01")
def test_with_a_service_the_role_says_whose_a_key_is(service: FileKeys, settings: Any) -> None:
    whose = {}
    for role in ("web", "provider", "worker", "portal"):
        settings.ROLES = [role]
        whose[role] = [name for name in (TOKEN, VAULT) if may_use(name)]
    assert whose == {"web": [TOKEN], "provider": [TOKEN], "worker": [VAULT], "portal": []}


def test_what_was_sealed_before_there_was_a_service_opens(service: FileKeys, settings: Any) -> None:
    old = os.urandom(32)
    settings.SECRETS = {VAULT: old}
    sealed = seal(old, b"content", AAD)
    assert (kek(VAULT).unwrap(sealed, AAD), kek(VAULT).is_current(sealed, AAD)) == (b"content", False)
    assert not kek(VAULT).wrap(b"content", AAD).startswith(b"\x01")


def test_an_outage_is_no_foreign_content(service: FileKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a signing key would be retired as another's because the service was down for a moment."""
    sealed = kek(TOKEN).wrap(b"content", AAD)

    def down(*_: Any) -> bytes:
        raise KeyServiceDown("no answer")

    monkeypatch.setattr(FileKeys, "unwrap", down)
    with pytest.raises(KeyServiceDown):
        kek(TOKEN).unwrap(sealed, AAD)
    with pytest.raises(KeyServiceDown):
        kek(TOKEN).is_current(sealed, AAD)
