"""The secrets file: never overwritten, private, and read by role."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config import secretfiles, secrets
from config.roles import ROLES

pytestmark = pytest.mark.requirement("S6.1-01")


@pytest.fixture
def path(tmp_path):
    where = tmp_path / "deep" / "secrets.json"
    secrets.write(where, secrets.generate())
    return where


def test_each_role_sees_its_own_keys_only(path):
    web, provider, worker, portal = (secrets.load(path, [role]) for role in ROLES)
    known = {"verdict_public_key", *(f"task_public_key_{role}" for role in ROLES)}
    known |= {f"seal_public_key_{role}" for role in secrets.SEALING}
    known |= {"checkpoint_public_key", "receiving_public_key_web"}
    own = {role: {f"task_private_key_{role}", f"log_key_{role}"} for role in ROLES}
    for role in secrets.SEALING:
        own[role].add(f"seal_private_key_{role}")
    assert set(web.keys) == {"token_kek", "receiving_private_key_web", *own["web"], *known}
    assert set(worker.keys) == {"verdict_private_key", "vault_kek", "key_store", *own["worker"], *known}
    assert set(portal.keys) == {*own["portal"], *known}
    # Scheduled work signs, seals and opens what web does, and says as itself what is to be done.
    # It sequences the log, and so knows what each writer writes by, and alone signs checkpoints.
    writers = {f"log_key_{writer}" for writer in secrets.WRITING}
    signs = {"task_private_key_provider", "seal_private_key_web", "checkpoint_private_key"}
    assert set(provider.keys) == {"token_kek", *signs, *writers, *known}
    assert all(provider.keys[name] == web.keys[name] for name in ("token_kek", "seal_private_key_web"))
    assert len({each.django_key for each in (web, provider, worker, portal)}) == 4


@pytest.mark.requirement("S9.4-10")
def test_each_role_has_a_password_for_the_database_which_is_no_key_of_the_process(path):
    held = {role: secrets.database_password(path, role) for role in secrets.DATABASE_ROLES}
    assert len(set(held.values())) == len(held) == 6
    assert all(len(password) > 40 for password in held.values())
    assert not [name for role in ROLES for name in secrets.load(path, [role]).keys if "password" in name]
    assert secrets.database_password(path.parent / "none.json", "web") == ""


def test_several_roles_hold_the_keys_of_each(path):
    both = secrets.load(path, ["portal", "web"])
    assert {"token_kek", "task_private_key_web", "task_private_key_portal"} < set(both.keys)
    assert {"seal_private_key_web", "seal_private_key_portal"} < set(both.keys)
    assert "seal_private_key_worker" not in both.keys
    assert both.django_key == secrets.load(path, ["portal"]).django_key


def test_without_a_role_nothing_is_held_and_no_file_is_read(tmp_path):
    first, second = (secrets.load(tmp_path / "none.json", []) for _ in range(2))
    assert first.keys == second.keys == {}
    assert first.django_key != second.django_key


def test_secrets_are_private_and_never_overwritten(path):
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        secrets.write(path, secrets.generate())


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(secrets.SecretsProblem, match="generate_secrets"):
        secrets.load(tmp_path / "none.json", ["web"])
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(secrets.SecretsProblem, match="cannot read"):
        secrets.load(tmp_path / "broken.json", ["web"])
    (tmp_path / "short.json").write_text('{"public": {}}')
    with pytest.raises(secrets.SecretsProblem, match="no section 'web'"):
        secrets.load(tmp_path / "short.json", ["web"])


@pytest.mark.requirement("S6.2-09")
@pytest.mark.parametrize("kind", ["task_", "seal_"])
def test_a_file_of_an_earlier_release_gets_what_it_lacks_and_keeps_the_rest(path, kind):
    content = json.loads(path.read_text())
    earlier = {
        section: {name: value for name, value in values.items() if not name.startswith(kind)}
        for section, values in content.items()
    }
    path.write_text(json.dumps(earlier))
    with pytest.raises(secrets.SecretsProblem, match=f"{kind}private_key_web.*generate_secrets"):
        secrets.load(path, ["web"])
    content, added = secretfiles.completed(secrets.read(path))
    assert added
    secrets.replace(path, content)
    completed = json.loads(path.read_text())
    for section, values in earlier.items():
        assert values.items() <= completed[section].items()
    assert path.stat().st_mode & 0o077 == 0
    held = secrets.load(path, ["web"]).keys
    made = Ed25519PrivateKey.from_private_bytes(held[f"{kind}private_key_web"]).public_key()
    assert made.public_bytes_raw() == held[f"{kind}public_key_web"]
    assert secretfiles.completed(completed) == (completed, [])
    assert json.loads(path.read_text()) == completed
