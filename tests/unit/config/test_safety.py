"""Production refuses to start with anything unsafe."""

from pathlib import Path

import pytest

from authsvc.core.components import Component
from config.safety import RULES, UnsafeSettings, problems, refuse_unsafe, refuse_without_role
from tests.unit.config.process import production, python

PARTS = (Component("provider"), Component("store"), Component("keys"), Component("worker", "east"))
SAFE = {
    "BASE_URL": "https://id.example.org",
    "SIMULATOR_ENABLED": False,
    "CUE_SHARE": 1.0,
    "SANDBOX_AUTHENTICATOR_ENABLED": False,
    "ROLES": ["web"],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "CELERY_BROKER_URL": "rediss://:password@broker:6379/0",
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}},
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "PROXY_COUNT": 1,
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_HOST": "mail.example.org",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
    "PUSH_SERVICES": ["fcm.googleapis.com"],
    "PUSH_CONTACT": "mailto:operator@example.org",
    "ALLOWED_HOSTS": ["id.example.org"],
    "KEY_SERVICE": "file",
    "PKCS11": {"module": Path("/usr/lib/module.so"), "token": "visor", "pin": "1234"},
    "TRANSIT": {"url": "https://keys.example.org", "token": "token", "ca": None},
    "REFERENCE_STORE": "database",
    "OBJECTS": {"url": "", "bucket": "visor", "access_key": "", "secret_key": None},
    "COMPONENTS": PARTS,
    "WORKER_POOL": "east",
    "CHECKPOINT_KEY_FILE": Path("/etc/visor/secrets/sequencer.json"),
    "LOG_ANCHOR": Path("/var/lib/visor-log"),
    "LOG_WITNESS": "https://witness.example.org",
    "LOG_WITNESS_KEY": "witness.example.org+00000000+AAAA",
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
    ("VISOR_PROXY_COUNT", "PROXY_COUNT", 0),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend"),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend"),
    ("VISOR_EMAIL_BACKEND", "EMAIL_BACKEND", "django.core.mail.backends.dummy.EmailBackend"),
    ("VISOR_MAIL_HOST", "EMAIL_HOST", ""),
    ("VISOR_MAIL_TLS", "EMAIL_USE_TLS", False),
    *(
        ("VISOR_PUSH_SERVICES", "PUSH_SERVICES", [host])
        for host in ("localhost", "127.0.0.1", "10.0.0.8", "[::1]", "push.example:8000", "Push.Example", "")
    ),
    ("VISOR_PUSH_CONTACT", "PUSH_CONTACT", "http://id.example.org"),
    ("VISOR_ALLOWED_HOSTS", "ALLOWED_HOSTS", ["*"]),
    ("VISOR_PKCS11_MODULE", "PKCS11", {"module": None, "token": "visor", "pin": "1234"}),
    ("VISOR_PKCS11_MODULE", "PKCS11", {"module": Path("/usr/lib/module.so"), "token": "visor", "pin": None}),
    ("VISOR_TRANSIT_URL", "TRANSIT", {"url": "http://keys.example.org", "token": "token", "ca": None}),
    ("VISOR_TRANSIT_URL", "TRANSIT", {"url": "https://keys.example.org", "token": None, "ca": None}),
    ("VISOR_OBJECTS_URL", "OBJECTS", {"url": "http://objects.example.org", "secret_key": None}),
    ("VISOR_OBJECTS_URL", "REFERENCE_STORE", "objects"),
    ("VISOR_OBJECTS_SECRET_KEY", "OBJECTS", {"url": "https://objects.example.org", "secret_key": "key"}),
    ("VISOR_COMPONENTS", "COMPONENTS", (Component("provider"), Component("store"))),
    ("VISOR_WORKER_POOL", "WORKER_POOL", "west"),
    ("VISOR_CHECKPOINT_KEY_FILE", "CHECKPOINT_KEY_FILE", None),
    ("VISOR_LOG_WITNESS", "LOG_WITNESS", "http://witness.example.org"),
    ("VISOR_LOG_WITNESS", "LOG_WITNESS_KEY", ""),
]
# What is asked of a place for keys is asked where keys lie there.
KEPT_IN = {"PKCS11": "pkcs11", "TRANSIT": "transit"}
# And of a pool, of workers.
PLAYED_BY = {"WORKER_POOL": ["worker"], "CHECKPOINT_KEY_FILE": ["provider"]}


@pytest.mark.parametrize("place", ["file", "pkcs11", "transit"])
def test_safe_settings_start(place):
    assert problems({**SAFE, "KEY_SERVICE": place}) == []


@pytest.mark.requirement("S9.4-12")
def test_t01_scheduled_work_does_not_start_without_a_place_for_checkpoints_beside_the_database():
    nowhere = {"ROLES": ["provider"], "LOG_ANCHOR": None, "LOG_WITNESS": ""}
    with pytest.raises(UnsafeSettings, match="VISOR_LOG_ANCHOR must name a folder"):
        refuse_unsafe({**SAFE, **nowhere})
    for place in ("LOG_ANCHOR", "LOG_WITNESS"):
        refuse_unsafe({**SAFE, **nowhere, place: SAFE[place]})


@pytest.mark.requirement("SA-02", "S9.4-14")
@pytest.mark.parametrize(("variable", "name", "value"), REFUSED)
def test_each_unsafe_setting_refuses(variable, name, value):
    played = {"KEY_SERVICE": KEPT_IN.get(name, "file"), "ROLES": PLAYED_BY.get(name, SAFE["ROLES"])}
    if name == "OBJECTS":
        played["COMPONENTS"] = ()
    with pytest.raises(UnsafeSettings, match=rf"refusing to start: {variable} must [^;]*$"):
        refuse_unsafe({**SAFE, **played, name: value})


@pytest.mark.requirement("S5.4-02")
def test_a_worker_of_a_declared_pool_starts_and_so_does_any_where_nothing_is_declared():
    assert problems({**SAFE, "ROLES": ["worker"]}) == []
    assert problems({**SAFE, "ROLES": ["worker"], "WORKER_POOL": "west", "COMPONENTS": ()}) == []


def test_where_references_lie_in_an_object_store_workers_reach_it_and_the_others_hold_no_key():
    store = {"url": "https://objects.example.org", "bucket": "b", "access_key": "visor", "secret_key": "key"}
    worker = {
        **SAFE,
        "ROLES": ["worker"],
        "REFERENCE_STORE": "objects",
        "OBJECTS": store,
        "COMPONENTS": (*PARTS, Component("objects")),
    }
    assert problems(worker) == []
    for missing in ("bucket", "access_key", "secret_key"):
        [problem] = problems({**worker, "OBJECTS": {**store, missing: ""}})
        assert str(problem).startswith("VISOR_OBJECTS_SECRET_KEY must be set in workers")
    assert problems({**worker, "ROLES": ["web"], "OBJECTS": {**store, "secret_key": None}}) == []


@pytest.mark.requirement("S5.4-02")
def test_an_object_store_is_declared_where_anything_is():
    store = {"url": "https://objects.example.org", "bucket": "b", "access_key": "", "secret_key": None}
    [problem] = problems({**SAFE, "REFERENCE_STORE": "objects", "OBJECTS": store})
    assert str(problem).startswith("VISOR_COMPONENTS must declare")


def test_t11_who_sends_no_mail_needs_no_server_for_it():
    silent = {**SAFE, "EMAIL_HOST": "", "EMAIL_USE_TLS": False}
    assert problems({**silent, "ROLES": ["worker"]}) == []
    assert problems({**silent, "ROLES": []}) == []
    assert len(problems({**silent, "ROLES": ["portal"]})) == 2
    assert problems({**SAFE, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True}) == []


def test_every_rule_has_a_case():
    # Its own test, as two places will do.
    tried = {"VISOR_LOG_ANCHOR"} | {variable for variable, _name, _value in REFUSED}
    assert {rule.variable for rule in RULES} == tried


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
def test_a_role_without_tasks_takes_none_from_a_queue(tmp_path: Path):
    result = python(
        "from config.celery import app; app.Worker(hostname='w').on_start()", **production(tmp_path, "web")
    )
    assert result.returncode != 0
    assert "web takes no tasks: VISOR_ROLES must be worker, provider" in result.stderr


@pytest.mark.requirement("SA-02", "S9.4-14")
@pytest.mark.parametrize(
    "start", ["import config.wsgi", "from config.celery import app; app.Worker(hostname='w').on_start()"]
)
def test_no_production_process_serves_without_a_role(tmp_path: Path, start: str):
    result = python(start, **production(tmp_path))
    assert result.returncode != 0
    assert "VISOR_ROLES must name" in result.stderr
