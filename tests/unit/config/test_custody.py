"""Production refuses a secrets file that others read, with other roles' secrets, or weak ones (T16, O13)."""

import base64
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config import custody, secretfiles, secrets
from config.secrets import SecretsProblem
from tests.unit.config.process import production, python

pytestmark = pytest.mark.requirement("S6.1-01", "S9.4-14")
START = "import django; django.setup()"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a web process."""
    secrets.write(tmp_path / "web.json", secretfiles.split(secrets.generate())["web"])
    return tmp_path / "web.json"


def refusal(path: Path) -> str:
    with pytest.raises(SecretsProblem, match=r"^refusing to start: ") as raised:
        custody.refuse_unsafe(path, ["web"])
    return str(raised.value)


def change(path: Path, section: str, **values: str) -> None:
    content = secrets.read(path)
    secrets.replace(path, {**content, section: {**content[section], **values}})


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_file_that_its_owner_and_a_group_read_is_taken(path: Path, mode: int) -> None:
    path.chmod(mode)
    custody.refuse_unsafe(path, ["web"])


@pytest.mark.parametrize("mode", [0o666, 0o644, 0o604, 0o660, 0o620, 0o700, 0o602])
def test_t16_a_file_that_others_read_or_write_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert f"(mode {mode:04o}): chmod 600 {path}" in refusal(path)


def test_t16_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    if owner == 0:
        custody.refuse_unsafe(path, ["web"])
        os.chown(path, 54321, -1)
    assert f"chown 12345 {path}" in refusal(path)


def test_root_runs_a_command_in_a_roles_place_by_the_file_of_that_roles_user(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = {"web": path.stat().st_uid + 4711, "portal": path.stat().st_uid}
    found = {role: SimpleNamespace(pw_uid=number) for role, number in users.items()}
    monkeypatch.setattr(custody, "account_of", found.get)
    monkeypatch.setattr(custody, "_ROOT", 98765)
    monkeypatch.setattr(os, "geteuid", lambda: 98765)
    assert "belongs to user" in refusal(path)
    found["web"] = found["portal"]
    custody.refuse_unsafe(path, ["web"])


def test_t16_a_file_that_was_not_split_is_refused(tmp_path: Path) -> None:
    secrets.write(tmp_path / "secrets.json", secrets.generate())
    said = refusal(tmp_path / "secrets.json")
    assert "worker too: run `manage.py generate_secrets --split DIR`" in said
    assert "DIR/web.json" in said


@pytest.mark.parametrize("whose", ["worker", "portal", "migrator", "public"])
def test_o13_a_file_of_another_role_is_told_so_and_which_one_it_should_be(path: Path, whose: str) -> None:
    file = path.with_name(f"{whose}.json")
    secrets.write(file, secretfiles.split(secrets.generate())[whose])
    said = refusal(file)
    held = f"those of {whose} and " if whose != "public" else ""
    assert f"{file} holds {held}no secrets of web: let VISOR_SECRETS_FILE name web.json" in said
    assert "earlier release" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token_kek", base64.b64encode(bytes(range(31))).decode()),
        ("token_kek", base64.b64encode(bytes(32)).decode()),
        ("token_kek", base64.b64encode(b"0123456789" * 3 + b"01").decode()),
        ("token_kek", "no base64 at all, but of some length ......"),
        ("token_kek", ""),
        ("token_kek.next", base64.b64encode(b"x").decode()),
        ("django_secret_key", "changeme"),
        ("django_secret_key", "x" * 60),
        ("django_secret_key", ""),
    ],
)
def test_t16_a_weak_secret_is_refused(path: Path, name: str, value: str) -> None:
    change(path, "web", **{name: value})
    assert f"web.{name} is too weak" in refusal(path)


def test_one_secret_under_two_names_is_refused(path: Path) -> None:
    content = secrets.read(path)
    change(path, "web", seal_key=content["web"]["token_kek"])
    assert "web.token_kek and web.seal_key are one secret" in refusal(path)


def test_all_that_is_wrong_is_said_in_one_go(path: Path) -> None:
    path.chmod(0o666)
    change(path, "web", django_secret_key="short")
    assert refusal(path).count("; ") == 1


@pytest.mark.parametrize("spoil", ["mode", "split", "weak", "missing"])
def test_t16_no_production_process_starts_with_an_unsafe_file(tmp_path: Path, spoil: str) -> None:
    told, file = production(tmp_path, "web"), tmp_path / "secrets.json"
    if spoil == "mode":
        file.chmod(0o666)
    if spoil in {"split", "missing"}:
        file.unlink()
    if spoil == "split":
        secrets.write(file, secrets.generate())
    if spoil == "weak":
        change(file, "web", token_kek="AAAA")
    done = python(START, **told)
    assert done.returncode != 0
    expected: dict[str, Any] = {
        "mode": "chmod 600",
        "split": "--split DIR",
        "weak": "rotate_key web.token_kek",
        "missing": "generate_secrets`, without VISOR_ROLES",
    }
    assert expected[spoil] in done.stderr


@pytest.mark.requirement("S9.4-12")
@pytest.mark.parametrize("spoil", ["mode", "weak", "another's"])
def test_t01_scheduled_work_does_not_start_with_a_checkpoint_key_that_others_hold(
    tmp_path: Path, spoil: str
) -> None:
    told, file = production(tmp_path, "provider"), tmp_path / "sequencer.json"
    if spoil == "mode":
        file.chmod(0o644)
    if spoil == "weak":
        change(file, "sequencer", checkpoint_private_key="AAAA")
    if spoil == "another's":
        told["VISOR_CHECKPOINT_KEY_FILE"] = str(tmp_path / "secrets.json")
    done = python(START, **told)
    assert done.returncode != 0
    expected = {
        "mode": "chmod 600",
        "weak": "is too weak",
        "another's": "let VISOR_CHECKPOINT_KEY_FILE name sequencer.json",
    }
    assert expected[spoil] in done.stderr


def test_a_safe_production_process_starts(tmp_path: Path) -> None:
    done = python(START, **production(tmp_path, "web"))
    assert done.returncode == 0, done.stderr


def test_a_command_without_a_role_reads_no_secrets(tmp_path: Path) -> None:
    told = production(tmp_path)
    (tmp_path / "secrets.json").chmod(0o666)
    done = python(START, **told)
    assert done.returncode == 0, done.stderr
