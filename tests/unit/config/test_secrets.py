"""The secrets file: never overwritten, private, and read by role."""

import pytest

from config import secrets
from config.roles import ROLES

pytestmark = pytest.mark.requirement("S6.1-01")


@pytest.fixture
def path(tmp_path):
    where = tmp_path / "deep" / "secrets.json"
    secrets.write(where, secrets.generate())
    return where


def test_each_role_sees_its_own_keys_only(path):
    web, worker, portal = (secrets.load(path, [role]) for role in ROLES)
    assert set(web.keys) == {"token_kek", "verdict_public_key"}
    assert set(worker.keys) == {"verdict_private_key", "vault_kek", "verdict_public_key"}
    assert set(portal.keys) == {"verdict_public_key"}
    assert len({web.django_key, worker.django_key, portal.django_key}) == 3


def test_several_roles_hold_the_keys_of_each(path):
    both = secrets.load(path, ["portal", "web"])
    assert set(both.keys) == {"token_kek", "verdict_public_key"}
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
