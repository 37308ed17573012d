"""Processes with an environment of their own."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders

from config import secrets
from config.variables import ROOT


def clean(**given: str) -> dict[str, str]:
    """Return this process's environment without Visor's variables, and with the given ones."""
    ours = ("VISOR_", "DJANGO_")
    usual = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return usual | {"DJANGO_SETTINGS_MODULE": "config.settings"} | given


def python(code: str, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process that is told what is given and nothing else."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=clean(**given), capture_output=True, text=True, check=False)


def manage(*arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py in a process that is told what is given and nothing else."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=clean(**given), capture_output=True, text=True, check=False)


@cache
def collected() -> Path:
    """Return a folder in which the files of pages are laid out, for this run."""
    made = Path(tempfile.mkdtemp(prefix="visor-collected-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    left_out = StaticFilesConfig.ignore_patterns
    for finder in get_finders():
        for name, storage in finder.list(left_out):
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            (made / name).symlink_to(storage.path(name))
    return made


def production(folder: Path, *roles: str, written: bool = True) -> dict[str, str]:
    """Return the variables of a safe production process, whose secrets have been `written`."""
    if written:
        made = secrets.generate()
        secrets.write(folder / "secrets.json", {section: made[section] for section in ("public", *roles)})
    more: dict[str, str] = {}
    if "provider" in roles:
        fresh, checkpoints = secrets.generate(), folder / "sequencer.json"
        secrets.write(checkpoints, {name: fresh[name] for name in ("public", secrets.SEQUENCER)})
        more = {"VISOR_CHECKPOINT_KEY_FILE": str(checkpoints), "VISOR_LOG_ANCHOR": str(folder / "log")}
    return more | {
        "VISOR_ENVIRONMENT": "production",
        "VISOR_BASE_URL": "https://id.example.org",
        "VISOR_ROLES": ",".join(roles),
        "VISOR_DATABASE_URL": "postgres://127.0.0.1/visor",
        "VISOR_BROKER_URL": "redis://:password@127.0.0.1/0",
        "VISOR_MAIL_HOST": "mail.example.org",
        "VISOR_DATA_DIR": str(folder),
    }
