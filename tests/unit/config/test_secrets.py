"""The secrets file: never overwritten, private, and read by role."""

import pytest

from config import secrets

pytestmark = pytest.mark.requirement("S6.1-01")


@pytest.fixture
def path(tmp_path):
    where = tmp_path / "deep" / "secrets.json"
    secrets.write(where, secrets.generate())
    return where


def test_each_role_sees_its_own_keys_only(path):
    web, worker, portal = (set(secrets.load(path, [role])) for role in secrets.ROLES)
    assert "token_kek" in web - worker - portal
    assert {"verdict_private_key", "vault_kek"} <= worker - web - portal
    assert portal == {"django_secret_key", "verdict_public_key"}


def test_secrets_are_private_and_never_overwritten(path):
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        secrets.write(path, secrets.generate())


@pytest.mark.parametrize("roles", [["king"], ["web", "x"]])
def test_an_unknown_role_is_refused(path, roles):
    with pytest.raises(secrets.SecretsProblem, match="unknown role"):
        secrets.load(path, roles)


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(secrets.SecretsProblem, match="generate_secrets"):
        secrets.load(tmp_path / "none.json", ["web"])
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(secrets.SecretsProblem, match="cannot read"):
        secrets.load(tmp_path / "broken.json", ["web"])
