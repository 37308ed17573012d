"""Production refuses to start with anything unsafe."""

from pathlib import Path

import pytest

from config.safety import RULES, UnsafeSettings, problems, refuse_unsafe, refuse_without_role
from tests.unit.config.process import production, python

SAFE = {
    "BASE_URL": "https://id.example.org",
    "SIMULATOR_ENABLED": False,
    "CUE_SHARE": 1.0,
    "SANDBOX_AUTHENTICATOR_ENABLED": False,
    "ROLES": ["web"],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "CELERY_BROKER_URL": "rediss://:password@broker:6379/0",
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}},
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "mail.example.org",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
    "ALLOWED_HOSTS": ["id.example.org"],
    "KEY_SERVICE": "file",
    "PKCS11": {"module": Path("/usr/lib/module.so"), "token": "visor", "pin": "1234"},
    "TRANSIT": {"url": "https://keys.example.org", "token": "token", "ca": None},
}
REFUSED = [
    ("VISOR_BASE_URL", "BASE_URL", "http://id.example.org"),
    ("VISOR_SIMULATOR", "SIMULATOR_ENABLED", True),
    ("VISOR_CUE_SHARE", "CUE_SHARE", 0.9),
    ("VISOR_SANDBOX_AUTHENTICATOR", "SANDBOX_AUTHENTICATOR_ENABLED", True),
    ("VISOR_ROLES", "ROLES", ["web", "worker"]),
    ("VISOR_ROLES", "ROLES", ["web", "portal"]),
    ("VISOR_ROLES", "ROLES", ["provider", "worker"]),
    ("VISOR_DATABASE_URL", "DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}),
    ("VISOR_BROKER_URL", "CELERY_BROKER_URL", "embedded://localhost"),
    ("VISOR_BROKER_URL", "CELERY_BROKER_URL", "redis://broker:6379/0"),
    ("VISOR_CACHE_URL", "CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend"),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend"),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend"),
    ("VISOR_MAIL_HOST", "EMAIL_HOST", ""),
    ("VISOR_MAIL_TLS", "EMAIL_USE_TLS", False),
    ("VISOR_ALLOWED_HOSTS", "ALLOWED_HOSTS", ["*"]),
    ("VISOR_PKCS11_MODULE", "PKCS11", {"module": None, "token": "visor", "pin": "1234"}),
    ("VISOR_PKCS11_MODULE", "PKCS11", {"module": Path("/usr/lib/module.so"), "token": "visor", "pin": None}),
    ("VISOR_TRANSIT_URL", "TRANSIT", {"url": "http://keys.example.org", "token": "token", "ca": None}),
    ("VISOR_TRANSIT_URL", "TRANSIT", {"url": "https://keys.example.org", "token": None, "ca": None}),
]
# What is asked of a place for keys is asked where keys lie there.
KEPT_IN = {"PKCS11": "pkcs11", "TRANSIT": "transit"}


@pytest.mark.parametrize("place", ["file", "pkcs11", "transit"])
def test_safe_settings_start(place):
    assert problems({**SAFE, "KEY_SERVICE": place}) == []


@pytest.mark.requirement("SA-02", "S9.4-14")
@pytest.mark.parametrize(("variable", "name", "value"), REFUSED)
def test_each_unsafe_setting_refuses(variable, name, value):
    with pytest.raises(UnsafeSettings, match=rf"refusing to start: {variable} must [^;]*$"):
        refuse_unsafe({**SAFE, "KEY_SERVICE": KEPT_IN.get(name, "file"), name: value})


def test_t11_who_sends_no_mail_needs_no_server_for_it():
    silent = {**SAFE, "EMAIL_HOST": "", "EMAIL_USE_TLS": False}
    assert problems({**silent, "ROLES": ["worker"]}) == []
    assert problems({**silent, "ROLES": []}) == []
    assert len(problems({**silent, "ROLES": ["portal"]})) == 2
    assert problems({**SAFE, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True}) == []


def test_every_rule_has_a_case():
    assert {rule.variable for rule in RULES} == {variable for variable, _name, _value in REFUSED}


@pytest.mark.requirement("SA-02")
def test_all_that_is_unsafe_is_said_in_one_go():
    assert len(problems({**SAFE, "BASE_URL": "http://x", "ALLOWED_HOSTS": ["*"]})) == 2


@pytest.mark.requirement("SA-02", "S9.4-14")
def test_what_serves_or_takes_tasks_names_its_role():
    refuse_without_role(["portal"])
    with pytest.raises(UnsafeSettings, match="VISOR_ROLES must name"):
        refuse_without_role([])


@pytest.mark.requirement("SA-02")
def test_a_production_process_with_the_simulator_does_not_boot(tmp_path: Path):
    result = python("import django; django.setup()", **production(tmp_path, "web"), VISOR_SIMULATOR="yes")
    assert result.returncode != 0
    assert "the software phone never passes for real" in result.stderr


@pytest.mark.requirement("SA-02")
@pytest.mark.parametrize("role", ["web", "portal"])
def test_a_role_without_tasks_takes_none_from_a_queue(tmp_path: Path, role: str):
    result = python(
        "from config.celery import app; app.Worker(hostname='w').on_start()", **production(tmp_path, role)
    )
    assert result.returncode != 0
    assert f"{role} takes no tasks: VISOR_ROLES must be worker, or provider" in result.stderr


@pytest.mark.requirement("SA-02", "S9.4-14")
@pytest.mark.parametrize(
    "start", ["import config.wsgi", "from config.celery import app; app.Worker(hostname='w').on_start()"]
)
def test_no_production_process_serves_without_a_role(tmp_path: Path, start: str):
    result = python(start, **production(tmp_path))
    assert result.returncode != 0
    assert "VISOR_ROLES must name" in result.stderr
