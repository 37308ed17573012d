"""The secrets file: one section for each role, so that a process reads only what it may hold.

Split of power (S6.1-01): `web` can issue tokens, `provider` rotates their keys and ends what they stand on,
`worker` can open samples and references and sign verdicts, `portal` can do none of it. `public` holds what
any role may know; `migrator` and `backup` hold how these two get into the database, what commands write to
the log by, and what backups are vouched for by. `sequencer` holds the key that signs the log's checkpoints:
in production a file of its own, which scheduled work alone reads (docs/adr/0411).
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from authsvc.keys.held import NEXT, PREVIOUS
from config.roles import ROLES, Role

DJANGO = "django_secret_key"
# The roles that vouch for rows by a key of their own (authsvc/seals/kinds.py); a worker vouches for none.
SEALING: Final[tuple[Role, ...]] = ("web", "portal")
DATABASE = "database_password"
SEQUENCER: Final = "sequencer"
CHECKPOINT: Final = "checkpoint_private_key"
# What tells a backup of ours from one that somebody altered (config/backups.py).
BACKUP_KEY: Final = "backup_key"
# What other roles seal for web alone, web opens by this one (authsvc/keys/receiving.py).
RECEIVING: Final = "receiving_private_key_web"
# Who writes events of the log, each by a key of its own; who sequences them knows every one.
WRITING: Final = (*ROLES, "migrator")
# Who gets into the database by a password of this file (docs/adr/0260).
DATABASE_ROLES: Final = (*ROLES, "migrator", "backup")
SECTIONS: Final = (*DATABASE_ROLES, SEQUENCER)
"""Whose secrets are a file of their own."""
Content = Mapping[str, Mapping[str, str]]


class SecretsProblem(Exception):
    """The secrets file is missing, unreadable, or lacks a section this process needs."""


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def generate() -> dict[str, dict[str, str]]:
    """Return fresh secrets for every role, from the operating system's DRBG (S9.4-10)."""
    private, public = _key_pair()
    token_kek = _b64(secrets.token_bytes(32))
    made = {
        "public": {"verdict_public_key": public},
        "web": {"django_secret_key": secrets.token_urlsafe(48), "token_kek": token_kek},
        "provider": {"django_secret_key": secrets.token_urlsafe(48), "token_kek": token_kek},
        "portal": {"django_secret_key": secrets.token_urlsafe(48)},
        "worker": {
            "django_secret_key": secrets.token_urlsafe(48),
            "verdict_private_key": private,
            "vault_kek": _b64(secrets.token_bytes(32)),
            "key_store": _b64(secrets.token_bytes(32)),
        },
    }
    for role in DATABASE_ROLES:
        made.setdefault(role, {})[DATABASE] = _b64(secrets.token_bytes(32))
    for writer in WRITING:
        made[writer][log_key_of(writer)] = made["provider"][log_key_of(writer)] = _b64(
            secrets.token_bytes(32)
        )
    private, made["public"]["checkpoint_public_key"] = _key_pair()
    made[SEQUENCER] = {CHECKPOINT: private}
    made["backup"][BACKUP_KEY] = _b64(secrets.token_bytes(32))
    made["web"][RECEIVING], made["public"][RECEIVING.replace("private", "public")] = _receiving_pair()
    return _with_own_keys(made)


def log_key_of(writer: str) -> str:
    """Return the name of the key of a writer's MACs on events (authsvc/audit/writers.py)."""
    return f"log_key_{writer}"


def task_key_of(role: str) -> str:
    """Return the name of the key by which a role signs its tasks, in its own section of the file."""
    return f"task_private_key_{role}"


def seal_key_of(role: str) -> str:
    """Return the name of the key by which a role vouches for rows (authsvc/seals/keys.py).

    Scheduled work does so by web's: what it ends and renews is what web made.
    """
    return f"seal_private_key_{'web' if role == 'provider' else role}"


def _with_own_keys(made: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Add the keys of each role, their public parts to `public`."""
    pairs: dict[str, tuple[str, str]] = {}
    for role, name in _own_keys(ROLES):
        made[role][name], made["public"][name.replace("private", "public")] = pairs.setdefault(
            name, _key_pair()
        )
    return made


def _own_keys(roles: Sequence[Role]) -> list[tuple[Role, str]]:
    """Return each role with its private keys: one signs tasks (S6.2-09), one vouches for rows (T02)."""
    vouching = {seal_key_of(role) for role in SEALING}
    own = ((role, name_of(role)) for role in roles for name_of in (task_key_of, seal_key_of))
    return [(role, name) for role, name in own if name == task_key_of(role) or name in vouching]


def _key_pair() -> tuple[str, str]:
    made = Ed25519PrivateKey.generate()
    return _b64(made.private_bytes_raw()), _b64(made.public_key().public_bytes_raw())


def _receiving_pair() -> tuple[str, str]:
    made = X25519PrivateKey.generate()
    return _b64(made.private_bytes_raw()), _b64(made.public_key().public_bytes_raw())


def write(path: Path, content: Content) -> None:
    """Write a new secrets file, readable by its owner alone.

    Raises FileExistsError: secrets are never overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, content)


def replace(path: Path, content: Content) -> None:
    """Put another content in a secrets file's place, all of it or nothing; owner and mode stay."""
    new, before = path.with_name(f".{path.name}.new"), path.stat()
    new.unlink(missing_ok=True)
    _write(new, content)
    os.chown(new, before.st_uid, before.st_gid)
    new.chmod(before.st_mode & 0o7777)
    new.replace(path)


def _write(path: Path, content: Content) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)


class Held(NamedTuple):
    """What a process holds: Django's own key, its roles' raw keys by name, Django's keys of a rotation."""

    django_key: str
    keys: dict[str, bytes]
    django_fallbacks: list[str]


def nothing() -> Held:
    """Return what a process without a role holds: a key of Django's that nobody else knows, and no other."""
    return Held(secrets.token_urlsafe(48), {}, [])


def read(path: Path) -> dict[str, dict[str, str]]:
    """Return what a secrets file holds, section by section. Raises SecretsProblem."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SecretsProblem(
            f"no secrets at {path}: run `manage.py generate_secrets`, without VISOR_ROLES"
        ) from None
    except (OSError, ValueError) as problem:
        raise SecretsProblem(f"cannot read {path}: {problem}") from None
    if not isinstance(content, dict) or not all(isinstance(one, dict) for one in content.values()):
        raise SecretsProblem(f"cannot read {path}: it holds no sections")
    return content


def load(path: Path, roles: Sequence[Role]) -> Held:
    """Return the secrets of the given roles, and the public section with them.

    Without a role it is what a command writes to the log by, where the file is there. Raises SecretsProblem.
    """
    if not roles:
        return _of_command(path)
    content = read(path)
    missing = [section for section in ["public", *roles] if section not in content]
    if missing:
        raise SecretsProblem(f"{path} has no section {missing[0]!r}")
    receiving: list[tuple[Role, str]] = [("web", RECEIVING)] if "web" in roles else []
    wanted = [*_own_keys(roles), *((role, log_key_of(role)) for role in roles), *receiving]
    lacking = [name for role, name in wanted if name not in content[role]]
    if lacking:
        raise SecretsProblem(
            f"{path} is of an earlier release and lacks {', '.join(lacking)}: "
            "run `manage.py generate_secrets`, which adds"
        )
    return held(content, roles)


def held(content: Content, roles: Sequence[str]) -> Held:
    """Return the secrets of the given roles.

    Where a process plays several (the embedded default), the first one's Django key is used.
    """
    flat: dict[str, str] = {}
    more = [SEQUENCER] if "provider" in roles and SEQUENCER in content else []
    for section in ["public", *roles, *more]:
        for name, value in content[section].items():
            flat.setdefault(name, value)
    flat.pop(DATABASE, None)
    # A command, which writes to the log as the migrator, signs no cookie.
    django_key = flat.pop(DJANGO, "") or secrets.token_urlsafe(48)
    fallbacks = [flat.pop(DJANGO + ending) for ending in (NEXT, PREVIOUS) if DJANGO + ending in flat]
    return Held(django_key, {name: base64.b64decode(value) for name, value in flat.items()}, fallbacks)


def checkpoint_key(path: Path) -> dict[str, bytes]:
    """Return the key that signs checkpoints, by its name. Raises SecretsProblem."""
    try:
        return {CHECKPOINT: base64.b64decode(read(path)[SEQUENCER][CHECKPOINT])}
    except KeyError:
        raise SecretsProblem(f"{path} holds no key that signs checkpoints") from None


def _of_command(path: Path) -> Held:
    try:
        content = read(path)
    except SecretsProblem:
        return nothing()
    wanted = {
        "migrator": log_key_of("migrator"),
        "public": "checkpoint_public_key",
    }
    found = {
        name: base64.b64decode(value)
        for section, begins in wanted.items()
        for name, value in content.get(section, {}).items()
        if name.startswith(begins)
    }
    return nothing()._replace(keys=found)


def database_password(path: Path, role: str) -> str:
    """Return the password by which a role gets into the database, "" where the file holds none for it.

    It may have none: certificates and peers need no password.
    """
    try:
        return read(path).get(role, {}).get(DATABASE, "")
    except SecretsProblem:
        return ""
