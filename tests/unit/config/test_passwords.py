"""How an administrator's password is kept; in tests, with less work (tests/hashing.py)."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from config.settings.parts.administrators import PASSWORD_HASHERS

pytestmark = pytest.mark.requirement("S9.4-01")


def test_argon2_with_djangos_own_parameters_hashes_them() -> None:
    assert PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_the_least_work_is_what_owasp_asks() -> None:
    # OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, two iterations, one lane at least.
    hasher = Argon2PasswordHasher()
    assert (hasher.memory_cost >= 19 * 1024, hasher.time_cost >= 2, hasher.parallelism >= 1) == (True,) * 3
