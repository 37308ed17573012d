"""What the site is told: by the environment, else by the demo's data directory."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

DEFAULT_DATA_DIR = Path(__file__).resolve().parent.parent.parent / "var"


@dataclass(frozen=True)
class Registration:
    """How the provider knows this site."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


def data_dir() -> Path:
    """Return the directory for the site's database and key; it is made where it is missing."""
    directory = Path(os.environ.get("VISOR_DATA_DIR") or DEFAULT_DATA_DIR)
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def registration(directory: Path) -> Registration:
    """Read PARTNER_ISSUER, PARTNER_CLIENT_ID and PARTNER_CLIENT_SECRET, else demo.json.

    Raises ImproperlyConfigured where neither has them.
    """
    file = directory / "demo.json"
    written = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    values = {}
    for name in ("issuer", "client_id", "client_secret"):
        value = os.environ.get(f"PARTNER_{name.upper()}") or written.get(name)
        if not value:
            raise ImproperlyConfigured(f"set PARTNER_{name.upper()}, or run `manage.py demo_data` first")
        values[name] = value
    return Registration(**values)


def secret_key(directory: Path) -> str:
    """Return PARTNER_SECRET_KEY, else a key of 48 random bytes that is kept for this account only."""
    if given := os.environ.get("PARTNER_SECRET_KEY"):
        return given
    file = directory / "partner.key"
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii")
