"""Processes with an environment of their own."""

import os
import subprocess
import sys
from pathlib import Path

from config import secrets


def clean(**given: str) -> dict[str, str]:
    """Return this process's environment without Visor's variables, and with the given ones."""
    ours = ("VISOR_", "DJANGO_")
    usual = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return usual | {"DJANGO_SETTINGS_MODULE": "config.settings"} | given


def python(code: str, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that is told what is given and nothing else."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=clean(**given), capture_output=True, text=True, check=False)


def production(folder: Path, *roles: str, written: bool = True) -> dict[str, str]:
    """Return the variables of a safe production process, whose secrets have been `written`."""
    if written:
        made = secrets.generate()
        secrets.write(folder / "secrets.json", {section: made[section] for section in ("public", *roles)})
    return {
        "VISOR_ENVIRONMENT": "production",
        "VISOR_BASE_URL": "https://id.example.org",
        "VISOR_ROLES": ",".join(roles),
        "VISOR_DATABASE_URL": "postgres://127.0.0.1/visor",
        "VISOR_BROKER_URL": "redis://:password@127.0.0.1/0",
        "VISOR_MAIL_HOST": "mail.example.org",
        "VISOR_DATA_DIR": str(folder),
    }
