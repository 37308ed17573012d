"""What production asks of a secrets file: who may read it, whose secrets it holds, how strong they are."""

import base64
import binascii
import os
import pwd
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from config import secrets
from config.installing.layout import account_of
from config.secretfiles import PUBLIC
from config.secrets import CHECKPOINT, DATABASE, DJANGO, SEQUENCER, Content, SecretsProblem

_KEY_BYTES: Final = 32
_DJANGO_LENGTH: Final = 50
_DJANGO_LETTERS: Final = 16
# Of 32 random bytes fewer differ once in 10^16 keys.
_DIFFERENT: Final = 16
_ROOT: Final = 0


def refuse_unsafe(path: Path, roles: Sequence[str]) -> None:
    """Raise SecretsProblem with all that is wrong with the file of a process that plays these roles."""
    found = [*_readers(path, roles), *_sections(path, roles), *_completeness(path, roles), *_strength(path)]
    if found:
        raise SecretsProblem("refusing to start: " + "; ".join(found))


def _readers(path: Path, roles: Sequence[str]) -> Iterator[str]:
    try:
        file = path.stat()
    except OSError:
        return  # `secrets.read` says what is wrong.
    mode = stat.S_IMODE(file.st_mode)
    if mode & ~0o640:
        yield f"{path} is open to others (mode {mode:04o}): chmod 600 {path}"
    if file.st_uid not in {_ROOT, os.geteuid(), *_users_that_root_stands_for(roles)}:
        yield f"{path} belongs to user {_user(file.st_uid)}: chown {_user(os.geteuid())} {path}"


def _users_that_root_stands_for(roles: Sequence[str]) -> Iterator[int]:
    """Yield the users of the roles where root runs a command in the place of one, as for copies of keys."""
    if os.geteuid() == _ROOT:
        yield from (user.pw_uid for user in map(account_of, roles) if user is not None)


def _user(number: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(number).pw_name
    return str(number)


def _sections(path: Path, roles: Sequence[str]) -> Iterator[str]:
    held = set(secrets.read(path))
    others = sorted(held - {PUBLIC, *roles})
    if absent := [role for role in roles if role not in held]:
        whose = f"those of {', '.join(others)} and " if others else ""
        variable = "VISOR_CHECKPOINT_KEY_FILE" if absent == [SEQUENCER] else "VISOR_SECRETS_FILE"
        yield (
            f"{path} holds {whose}no secrets of {absent[0]}: let {variable} name {absent[0]}.json, which "
            "`manage.py generate_secrets --split DIR` writes"
        )
    elif others:
        yield (
            f"{path} holds the secrets of {', '.join(others)} too: run `manage.py generate_secrets --split "
            f"DIR` without VISOR_ROLES, and let VISOR_SECRETS_FILE name DIR/{roles[0]}.json"
        )


def _completeness(path: Path, roles: Sequence[str]) -> Iterator[str]:
    content, needed = secrets.read(path), secrets.generate()
    there = [section for section in (PUBLIC, *roles) if section in content]
    wanted = [(section, name) for section in there for name in needed[section]]
    missing = [f"{section}.{name}" for section, name in wanted if name not in content[section]]
    if missing:
        yield (
            f"{path} is of an earlier release and lacks {', '.join(missing)}: run `manage.py "
            "generate_secrets` without VISOR_ROLES, which adds"
        )


def _strength(path: Path) -> Iterator[str]:
    content = secrets.read(path)
    for section, held in content.items():
        for name, value in held.items():
            if not _is_strong(name, value):
                yield f"{path}: {section}.{name} is too weak: {_mending(section, name)}"
    yield from (
        f"{path}: {names} are one secret: rotate one of them with `manage.py rotate_key`"
        for names in _doubled(content)
    )


def _mending(section: str, name: str) -> str:
    if name == DATABASE:
        return "take it out, and run `manage.py generate_secrets` and `manage.py database_roles`"
    if name == CHECKPOINT:
        return "put another file in its place (docs/audit.md)"
    return f"run `manage.py rotate_key {section}.{name}`"


def _is_strong(name: str, value: str) -> bool:
    if name.split(".")[0] == DJANGO:
        return len(value) >= _DJANGO_LENGTH and len(set(value)) >= _DJANGO_LETTERS
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(key) == _KEY_BYTES and len(set(key)) >= _DIFFERENT


def _doubled(content: Content) -> Iterator[str]:
    seen: dict[str, str] = {}
    for section, held in content.items():
        for name, value in held.items():
            first = seen.setdefault(value, f"{section}.{name}")
            if first.partition(".")[2] != name:
                yield f"{first} and {section}.{name}"
