"""`generate_secrets`: a file a role, split off or new, and completed without overwriting anything (O13)."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config import secretfiles, secrets
from config.roles import ROLES
from config.secrets import DATABASE, DATABASE_ROLES, SECTIONS, SecretsProblem
from tests.unit.config.process import manage

pytestmark = pytest.mark.requirement("S6.1-01", "S9.4-10")


@pytest.fixture
def single(tmp_path: Path, settings: Any) -> Path:
    """The place of a single file, which is not there yet."""
    settings.SECRETS_FILE = tmp_path / "secrets.json"
    return settings.SECRETS_FILE


def generate(*arguments: str | Path) -> None:
    call_command("generate_secrets", *map(str, arguments))


def contents(folder: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}


def test_o13_each_role_gets_a_file_of_its_own_and_no_other_secret(single: Path, tmp_path: Path) -> None:
    generate("--split", tmp_path / "split")
    files = contents(tmp_path / "split")
    expected = {"public": {"public"}} | {str(name): {"public", str(name)} for name in SECTIONS}
    assert {name: set(held) for name, held in files.items()} == expected
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "split").iterdir()} == {0o600}
    for role in ROLES:
        assert secrets.load(tmp_path / "split" / f"{role}.json", [role]).keys


@pytest.mark.parametrize("told", [{}, {"VISOR_BASE_URL": "http://typed.wrongly", "VISOR_ROLES": "web"}])
def test_o13_in_production_it_runs_before_anything_is_set(tmp_path: Path, told: dict[str, str]) -> None:
    ran = manage(
        "generate_secrets", "--split", str(tmp_path / "split"), VISOR_ENVIRONMENT="production", **told
    )
    assert ran.returncode == 0, ran.stderr
    assert contents(tmp_path / "split").keys() == {*SECTIONS, "public"}


def test_o13_a_mistyped_variable_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    told = {"VISOR_ENVIRONMENT": "production", "VISOR_SECRET_FILE": str(tmp_path / "mine.json")}
    ran = manage("generate_secrets", "--split", str(tmp_path / "split"), **told)
    assert ran.returncode != 0
    assert "VISOR_SECRET_FILE is not a variable of Visor; the nearest is VISOR_SECRETS_FILE" in ran.stderr
    assert not (tmp_path / "split").exists()


def test_o13_a_single_file_is_split_as_it_is(single: Path, tmp_path: Path, capsys: Any) -> None:
    generate()
    before = secrets.read(single)
    generate("--split", tmp_path / "split")
    assert secretfiles.joined(contents(tmp_path / "split").values()) == before
    assert "remove it" in capsys.readouterr().out


def test_what_is_split_is_never_overwritten(single: Path, tmp_path: Path) -> None:
    generate("--split", tmp_path / "split")
    before = contents(tmp_path / "split")
    with pytest.raises(CommandError, match="nothing is overwritten"):
        generate("--split", tmp_path / "split")
    assert contents(tmp_path / "split") == before


def test_a_file_of_before_gets_what_it_lacks_and_keeps_what_it_has(single: Path) -> None:
    old = secrets.generate()
    del old["worker"]["key_store"], old["portal"]
    for kind in ("task", "seal"):
        del old["public"][f"{kind}_public_key_portal"]
    secrets.write(single, old)
    single.chmod(0o640)
    generate("--add")
    new = secrets.read(single)
    assert {section: {**new[section], **held} for section, held in old.items()} == {
        section: new[section] for section in old
    }
    assert set(new["portal"]) == set(secrets.generate()["portal"])
    assert new["worker"]["key_store"]
    assert single.stat().st_mode & 0o777 == 0o640
    generate("--add")
    assert secrets.read(single) == new


def test_adding_to_nothing_writes_the_first(single: Path) -> None:
    generate("--add")
    assert set(secrets.read(single)) == set(secrets.generate())


def test_a_split_folder_gets_what_it_lacks(single: Path, tmp_path: Path) -> None:
    folder = tmp_path / "split"
    generate("--split", folder)
    (folder / "portal.json").unlink()
    for name in ("web", "provider", "worker", "migrator", "backup", "sequencer", "public"):
        content = json.loads((folder / f"{name}.json").read_text())
        content.get("worker", {}).pop("key_store", None)
        for kind in ("task", "seal"):
            del content["public"][f"{kind}_public_key_portal"]
        (folder / f"{name}.json").write_text(json.dumps(content))
    before = contents(folder)
    generate("--add", "--split", folder)
    after = contents(folder)
    assert after["web"]["web"] == before["web"]["web"]
    assert after["portal"]["public"] == after["web"]["public"] == after["public"]["public"]
    assert after["worker"]["worker"].pop("key_store")
    assert after["worker"]["worker"] == before["worker"]["worker"]


def test_a_folder_of_the_release_before_gets_scheduled_work_a_file_and_each_role_a_password(
    single: Path, tmp_path: Path
) -> None:
    folder, new = tmp_path / "split", ("provider", "migrator", "backup", "sequencer")
    generate("--split", folder)
    for name in new:
        (folder / f"{name}.json").unlink()
    for name in ("web", "worker", "portal", "public"):
        content = json.loads((folder / f"{name}.json").read_text())
        del content["public"]["task_public_key_provider"], content["public"]["checkpoint_public_key"]
        content.get(name, {}).pop(DATABASE, None)
        (folder / f"{name}.json").write_text(json.dumps(content))
    generate("--add", "--split", folder)
    after = contents(folder)
    assert {name: set(after[name]) for name in new} == {name: {"public", name} for name in new}
    shared = ("token_kek", "seal_private_key_web")
    assert {name: after["provider"]["provider"][name] for name in shared} == {
        name: after["web"]["web"][name] for name in shared
    }
    assert secrets.load(folder / "provider.json", ["provider"]).keys
    assert len({after[role][role][DATABASE] for role in DATABASE_ROLES}) == len(DATABASE_ROLES)


def test_a_secret_that_two_roles_share_is_given_to_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = secrets.generate()
    fresh = {**secrets.generate(), "web": {"token_kek": "new"}, "another": {"token_kek": "new"}}
    monkeypatch.setattr(secrets, "generate", lambda: fresh)
    whole, added = secretfiles.completed({**made, "web": {"token_kek": "old"}})
    assert whole["another"] == {"token_kek": "old"}
    assert "another.token_kek" in added


@pytest.mark.parametrize("half", secretfiles.PAIRS[0])
def test_half_a_pair_is_not_completed(half: tuple[str, str]) -> None:
    made = secrets.generate()
    del made[half[0]][half[1]]
    with pytest.raises(SecretsProblem, match="restore the file"):
        secretfiles.completed(made)


def test_files_that_disagree_are_not_joined() -> None:
    first, second = (
        secretfiles.split(secrets.generate())["web"],
        secretfiles.split(secrets.generate())["worker"],
    )
    with pytest.raises(SecretsProblem, match=r"public\.verdict_public_key"):
        secretfiles.joined([first, second])
