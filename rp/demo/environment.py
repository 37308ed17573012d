"""What the site is told: by the environment, else by the demo's data directory."""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.exceptions import ImproperlyConfigured

DEFAULT_DATA_DIR = Path(__file__).resolve().parent.parent.parent / "var"


@dataclass(frozen=True)
class Registration:
    """How the provider knows this site."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class KeyRegistration:
    """How the provider's liveness service knows this site, and the private key that it proves itself by."""

    issuer: str
    client_id: str
    key: dict[str, Any] = field(repr=False)


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


def liveness(directory: Path) -> KeyRegistration | None:
    """Return the registration of PARTNER_LIVENESS, a JSON file, else of demo.json; None where neither is."""
    given = os.environ.get("PARTNER_LIVENESS")
    file = Path(given) if given else directory / "demo.json"
    written = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known = written if given else written.get("parties", {}).get("presence")
    if not known:
        return None
    return KeyRegistration(known["issuer"], known["client_id"], known["key"])


def secret_key(directory: Path) -> str:
    """Return PARTNER_SECRET_KEY, else a key of 48 random bytes that is kept for this account only."""
    if given := os.environ.get("PARTNER_SECRET_KEY"):
        return given
    file = directory / "partner.key"
    if not file.exists():
        # Whole before it has its name: processes that start together read one key, none half of it.
        with NamedTemporaryFile("w", encoding="ascii", dir=directory) as stream:
            stream.write(secrets.token_urlsafe(48))
            stream.flush()
            with suppress(FileExistsError):
                os.link(stream.name, file)
    return file.read_text(encoding="ascii")
