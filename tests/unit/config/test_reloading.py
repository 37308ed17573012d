"""A process reads its secrets anew when the file has changed, and only then."""

from pathlib import Path
from typing import Any

import pytest

from config import reloading, secretfiles, secrets
from config.reloading import LiveSecrets
from tests.unit.config.process import python


@pytest.fixture
def file(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a worker."""
    monkeypatch.setattr(reloading, "LOOK_EVERY_SECONDS", 0.0)
    path = tmp_path / "worker.json"
    secrets.write(path, secretfiles.split(secrets.generate())["worker"])
    settings.ROLES = ["worker"]
    return path


@pytest.fixture
def live(file: Path, settings: Any) -> LiveSecrets:
    """What a process holds that has read the file."""
    settings.SECRET_KEY, keys, settings.SECRET_KEY_FALLBACKS = secrets.load(file, ["worker"])
    return LiveSecrets(file, keys)


def changed(path: Path) -> dict[str, bytes]:
    """Put other secrets into the file, and return them."""
    secrets.replace(path, secretfiles.split(secrets.generate())["worker"])
    return secrets.load(path, ["worker"]).keys


def test_a_changed_file_is_read_again(file: Path, live: LiveSecrets) -> None:
    before = dict(live)
    assert before == secrets.load(file, ["worker"]).keys
    fresh = changed(file)
    assert live.get("vault_kek") == live["vault_kek"] == fresh["vault_kek"]
    assert live.get("vault_kek.next") is None
    fresh = changed(file)
    assert live.get("vault_kek") == fresh["vault_kek"]
    assert dict(live) == fresh != before


def test_djangos_own_keys_are_taken_as_a_request_begins(file: Path, live: LiveSecrets, settings: Any) -> None:
    content = secrets.read(file)
    old, new = content["worker"]["django_secret_key"], secrets.generate()["worker"]["django_secret_key"]
    content["worker"] |= {"django_secret_key": new, "django_secret_key.previous": old}
    secrets.replace(file, content)
    live.refresh()
    assert (new, [old]) == (settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS)


def test_a_broken_file_changes_nothing_until_it_is_mended(file: Path, live: LiveSecrets) -> None:
    before, content = dict(live), file.read_text()
    for broken in ("", "{", '{"public": {}}', '{"public": {}, "worker": {"vault_kek": "!"}}'):
        file.write_text(broken)
        assert dict(live) == before
    file.write_text(content)
    assert dict(live) == before
    assert changed(file) == dict(live)


def test_a_file_that_is_gone_changes_nothing(file: Path, live: LiveSecrets) -> None:
    before = dict(live)
    file.unlink()
    assert dict(live) == before


def test_the_file_is_looked_at_once_a_second(
    file: Path, live: LiveSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "LOOK_EVERY_SECONDS", 60.0)
    before = dict(live)
    changed(file)
    assert dict(live) == before


def test_a_running_product_follows_its_file(tmp_path: Path) -> None:
    """The application itself wires it."""
    secrets.write(tmp_path / "secrets.json", secrets.generate())
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings; from config.reloading import LiveSecrets\n"
        "print(type(settings.SECRETS) is LiveSecrets)"
    )
    done = python(code, VISOR_DATA_DIR=str(tmp_path))
    assert done.stdout.strip() == "True", done.stderr
