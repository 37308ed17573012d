"""Where an installation's things lie: on a machine with systemd's units, or within containers."""

import grp
import os
import pwd
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from config.roles import ROLES
from config.secrets import SEQUENCER

Way = Literal["systemd", "compose"]
COMMANDS: Final = ("migrator", "backup")
"""Beside the roles of processes: those by which commands of manage.py run, each with its own secrets."""
IN_CONTAINERS: Final = {
    "web": 10001,
    "provider": 10002,
    "worker": 10003,
    "portal": 10004,
    "migrator": 10005,
    "backup": 10006,
}
"""The user and group of each in the images (deploy/container/Containerfile)."""
KEYS_IN_CONTAINERS: Final = 10000
"""The group there of all who may destroy keys, which is everybody of ours but who makes copies."""
_KEYS_GROUP: Final = "visor-keys"
_USER: Final = "visor-"


@dataclass(frozen=True)
class Layout:
    """The folder that an operator keeps, and how processes see it and their state."""

    way: Way
    folder: Path
    state: Path

    @property
    def secrets(self) -> Path:
        """The folder of the secrets, a file a role."""
        return self.folder / "secrets"

    def environment(self, role: str) -> Path:
        """The file of a role's variables."""
        return self.folder / f"{role}.env"

    def secrets_file(self, role: str) -> Path:
        """A role's secrets, as its process sees them."""
        seen = self.secrets if self.way == "systemd" else Path("/run/secrets")
        return seen / f"{role}.json"

    def state_of(self, role: str) -> Path:
        """The folder of a role's own files."""
        return self.state / role

    @property
    def keys(self) -> Path:
        """The folder of keys and counters, which all roles share."""
        return self.state / "keys"

    @property
    def checkpoints(self) -> Path:
        """Where scheduled work keeps the log's checkpoints."""
        return self.state / "checkpoints"

    def make_folders(self) -> None:
        """Make what is missing, each folder its user's where that user is there."""
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.secrets.mkdir(mode=0o751, exist_ok=True)
        if self.way == "compose":
            return
        self.state.mkdir(mode=0o755, parents=True, exist_ok=True)
        for role in (*ROLES, *COMMANDS):
            _make(self.state_of(role), 0o700, role)
        _make(self.checkpoints, 0o700, "provider")
        if not self.keys.exists():
            self.keys.mkdir()
            with suppress(KeyError, PermissionError):
                os.chown(self.keys, -1, _group())
            self.keys.chmod(0o2770)

    def give(self, path: Path, role: str) -> bool:
        """Give a file to the role's user; False where there is no such user, or we may not.

        In a container its group reads it, and root owns it, who makes the database's roles by every file.
        """
        if self.way == "compose":
            return share(path, IN_CONTAINERS[_whose(role)])
        user = account_of(role)
        with suppress(PermissionError):
            if user is not None:
                os.chown(path, user.pw_uid, user.pw_gid)
                return True
        return False


def account_of(role: str) -> pwd.struct_passwd | None:
    """Return the user whose a role's files are, where this machine has one (deploy/systemd)."""
    with suppress(KeyError):
        return pwd.getpwnam(_USER + _whose(role))
    return None


def share(path: Path, group: int) -> bool:
    """Let root own a file and a group of the images read it; False where we may not."""
    with suppress(PermissionError):
        os.chown(path, 0, group)
        path.chmod(0o640)
        return True
    return False


def _whose(role: str) -> str:
    return "provider" if role == SEQUENCER else role


def user_of(role: str) -> dict[str, Any]:
    """Return how a process becomes the role's user (subprocess.Popen), where there is one and we may."""
    user = account_of(role)
    if user is None or os.geteuid() != 0:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [_group()]}


def _group() -> int:
    return grp.getgrnam(_KEYS_GROUP).gr_gid


def _make(folder: Path, mode: int, role: str) -> None:
    if folder.exists():
        return
    folder.mkdir()
    folder.chmod(mode)
    user = account_of(role)
    with suppress(PermissionError):
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
