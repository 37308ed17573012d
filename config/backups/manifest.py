"""What is said of a copy: of which release, when, how many rows, how far logs were, and its hashes.

It lies beside the copy as JSON, with an HMAC-SHA256 by the key of `backup.json`: whoever can write where
copies lie cannot make one that is believed.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from config.backups.place import BackupProblem

DUMP: Final = "database.dump"
_MANIFEST: Final = "manifest.json"
_MAC: Final = "manifest.hmac-sha256"
_FORMAT: Final = 1


@dataclass(frozen=True)
class Manifest:
    """All that is known of a copy; `files` are SHA-256 and length by name, `keys` the copy of the keys."""

    made_at: datetime
    release: str
    server: int
    migrations: list[str]
    rows: dict[str, int]
    logs: dict[str, str]
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    keys: str = ""
    format: int = _FORMAT


def fingerprint(path: Path) -> tuple[str, int]:
    """Return SHA-256 and length of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def write(folder: Path, said: Manifest, key: str) -> None:
    """Put what is said beside the copy, vouched for."""
    text = json.dumps({**asdict(said), "made_at": said.made_at.isoformat()}, indent=1, sort_keys=True)
    (folder / _MANIFEST).write_text(text, encoding="utf-8")
    (folder / _MAC).write_text(_mac(text.encode(), key) + "\n", encoding="ascii")


def read(folder: Path, key: str) -> Manifest:
    """Return what is said of a copy, once it and its files are what they were. Raises BackupProblem."""
    try:
        content = (folder / _MANIFEST).read_bytes()
        mac = (folder / _MAC).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise BackupProblem(f"{folder} holds no whole copy: {problem}") from None
    if not hmac.compare_digest(mac, _mac(content, key)):
        raise BackupProblem(f"{folder / _MANIFEST} was altered, or made with another backup.json")
    told = json.loads(content)
    said = Manifest(**{**told, "made_at": datetime.fromisoformat(told["made_at"])})
    if said.format != _FORMAT:
        raise BackupProblem(f"{folder} is of a later release, whose form this one does not know")
    for name, wanted in said.files.items():
        path = folder / name
        if not path.is_file() or fingerprint(path) != tuple(wanted):
            raise BackupProblem(f"{path} is truncated, altered or gone: nothing of this copy is used")
    return said


def _mac(content: bytes, key: str) -> str:
    return hmac.digest(base64.b64decode(key), content, "sha256").hex()
