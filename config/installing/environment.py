"""The environment of each role, as a file that systemd and a shell read alike; and what compose takes."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from config.installing.answers import Answers
from config.installing.layout import COMMANDS, Layout
from config.roles import ROLES, SITE
from config.secrets import SEQUENCER

ROLES_WITH_FILES: Final = (*ROLES, *COMMANDS)
_HEAD: Final = "# Written by `manage.py setup`, which changes it only when told (--overwrite).\n"


def variables(role: str, said: Answers, at: Layout) -> dict[str, str]:
    """Return what a process of a role is told; `migrator` and `backup` are commands without VISOR_ROLES."""
    told = {
        "VISOR_ENVIRONMENT": "production",
        "VISOR_ROLES": role if role in ROLES else "",
        "VISOR_BASE_URL": said.base_url,
        "VISOR_DATABASE_URL": said.database_url,
        "VISOR_BROKER_URL": said.broker_url,
        "VISOR_DATA_DIR": str(at.state_of(role)),
        "VISOR_SECRETS_FILE": str(at.secrets_file(role)),
        "VISOR_KEY_STORE": str(at.keys),
        "VISOR_BEHIND_PROXY": "yes",
        "VISOR_PROXY_COUNT": str(said.proxies),
    }
    if role == "portal":
        told["VISOR_OPERATORS"] = said.owner
    if role == "provider":
        told["VISOR_CHECKPOINT_KEY_FILE"] = str(at.secrets_file(SEQUENCER))
        told["VISOR_LOG_ANCHOR"] = str(at.checkpoints)
    if role in (*SITE, "migrator") and said.pages:
        told["VISOR_STATIC_ROOT"] = said.pages
    return told | (_mail(said) if role in ("web", "provider", "portal") else {})


def for_compose(said: Answers) -> dict[str, str]:
    """Return what compose.yaml asks for; the rest of each role's variables stands there."""
    return {"VISOR_BASE_URL": said.base_url, "VISOR_OPERATORS": said.owner, **_mail(said)}


def _mail(said: Answers) -> dict[str, str]:
    """Return where mail goes; a worker sends none."""
    told = {
        "VISOR_MAIL_HOST": said.mail_host,
        "VISOR_MAIL_PORT": str(said.mail_port),
        "VISOR_MAIL_TLS": said.mail_tls,
        "VISOR_MAIL_FROM": said.sender,
    }
    if said.mail_user:
        told |= {"VISOR_MAIL_USER": said.mail_user, "VISOR_MAIL_PASSWORD": said.mail_password}
    return told


def text(told: Mapping[str, str]) -> str:
    """Return the file of these variables; a value in single quotes is the same to all who read it."""
    return _HEAD + "".join(f"{name}='{value}'\n" for name, value in told.items())


def read(path: Path) -> dict[str, str]:
    """Return the variables of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line.strip() and not line.startswith("#")]
    return {name.strip(): " ".join(shlex.split(value)) for name, _, value in pairs}
