"""How PostgreSQL's own programs, and this package, reach the database: where, and as which role."""

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from authsvc.tenancy.grants import BACKUP
from config.rotation import Files, Sections
from config.secrets import BACKUP_KEY, DATABASE, SecretsProblem

# Django's and ours, of which libpq knows nothing.
_NOT_LIBPQ: Final = {"server_side_binding", "prepare_threshold", "patience", "statement_timeout"}
_MAINTENANCE: Final = "postgres"


class BackupProblem(Exception):
    """A copy cannot be made, is not believed, or cannot be restored; the message says what to do."""


@dataclass(frozen=True)
class Place:
    """A database on a server, and who connects."""

    host: str
    port: str
    name: str
    user: str
    password: str
    options: dict[str, Any]

    def as_role(self, user: str, password: str) -> "Place":
        """Return the same database with somebody else."""
        return replace(self, user=user, password=password)

    def beside(self) -> "Place":
        """Return the server's database that is always there."""
        return replace(self, name=_MAINTENANCE)

    @property
    def address(self) -> str:
        """What libpq connects by, without the password."""
        told = {"host": self.host, "port": self.port, "dbname": self.name, "user": self.user, **self.options}
        return make_conninfo(**{name: value for name, value in told.items() if value not in ("", None)})

    def connect(self) -> "psycopg.Connection[Any]":
        """Open a connection. Raises BackupProblem."""
        try:
            return psycopg.connect(self.address, password=self.password or None, autocommit=True)
        except psycopg.OperationalError as problem:
            raise BackupProblem(f"{self.user} does not get into {self.name}: {problem}") from None

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on this database. Raises BackupProblem."""
        found = shutil.which(program)
        if found is None:
            raise BackupProblem(f"{program} is not installed (Debian: postgresql-client)")
        command = [found, *arguments, "--no-password", "--dbname", self.address]
        env = {**os.environ, "PGPASSWORD": self.password} if self.password else dict(os.environ)
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BackupProblem(f"{program} failed: {done.stderr.strip()[-2000:]}")


def told() -> Place:
    """Return what VISOR_DATABASE_URL names. Raises BackupProblem for what is no PostgreSQL."""
    if connection.vendor != "postgresql":
        raise BackupProblem("copies are of PostgreSQL: VISOR_DATABASE_URL names none")
    described = connection.settings_dict
    options = {name: value for name, value in described["OPTIONS"].items() if name not in _NOT_LIBPQ}
    return Place(
        described["HOST"],
        str(described["PORT"] or ""),
        described["NAME"],
        described["USER"] or "",
        described["PASSWORD"] or "",
        options,
    )


def secrets_at(place: Path | None) -> Sections:
    """Return the secrets of a file, or of a folder with one a role. Raises BackupProblem."""
    named = place or settings.SECRETS_FILE
    try:
        return Files(named).read()
    except SecretsProblem as problem:
        raise BackupProblem(str(problem)) from None


def backup_key(held: Sections) -> str:
    """Return the key by which copies are vouched for. Raises BackupProblem."""
    found = held.get("backup", {}).get(BACKUP_KEY)
    if not found:
        raise BackupProblem(
            "no key to vouch for copies by: name backup.json in VISOR_SECRETS_FILE; where that is of an "
            "earlier release, `manage.py generate_secrets --add` adds it"
        )
    return found


def reader(held: Sections) -> Place:
    """Return the database as the role that reads every row of it, `visor_backup`."""
    return told().as_role(BACKUP, held.get("backup", {}).get(DATABASE, ""))
