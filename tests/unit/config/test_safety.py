"""Production refuses to start with anything unsafe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.safety import UnsafeSettings, problems, refuse_unsafe

SAFE = {
    "BASE_URL": "https://id.example.org",
    "SIMULATOR_ENABLED": False,
    "SANDBOX_AUTHENTICATOR_ENABLED": False,
    "ROLES": ["web"],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}},
    "CELERY_BROKER_URL": "rediss://:password@broker:6379/0",
    "ALLOWED_HOSTS": ["id.example.org"],
}


def test_safe_settings_start():
    assert problems(SAFE) == []


@pytest.mark.requirement("SA-02", "S9.4-14")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASE_URL", "http://id.example.org"),
        ("SIMULATOR_ENABLED", True),
        ("SANDBOX_AUTHENTICATOR_ENABLED", True),
        ("ROLES", []),
        ("ROLES", ["web", "worker"]),
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}),
        ("CELERY_BROKER_URL", "embedded://localhost"),
        ("CELERY_BROKER_URL", "redis://broker:6379/0"),
        ("ALLOWED_HOSTS", ["*"]),
    ],
)
def test_each_unsafe_setting_refuses(name, value):
    with pytest.raises(UnsafeSettings):
        refuse_unsafe({**SAFE, name: value})


@pytest.mark.requirement("SA-02")
def test_a_production_process_with_the_simulator_does_not_boot(tmp_path: Path):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VISOR_")},
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VISOR_ENVIRONMENT": "production",
        "VISOR_BASE_URL": "https://id.example.org",
        "VISOR_ROLES": "web",
        "VISOR_DATABASE_URL": "postgres://visor@127.0.0.1/visor",
        "VISOR_BROKER_URL": "redis://:password@127.0.0.1/0",
        "VISOR_DATA_DIR": str(tmp_path),
        "VISOR_SECRETS_FILE": str(tmp_path / "secrets.json"),
        "VISOR_SIMULATOR": "yes",
    }
    make = "from pathlib import Path; from config import secrets; import sys; "
    make += "secrets.write(Path(sys.argv[1]), secrets.generate())"
    subprocess.run([sys.executable, "-c", make, environment["VISOR_SECRETS_FILE"]], check=True)
    boot = [sys.executable, "-c", "import django; django.setup()"]
    result = subprocess.run(boot, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "the software phone never passes for real" in result.stderr
