"""`manage.py database_roles`: the roles of the database, made by its administrator."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from authsvc.tenancy import sql
from authsvc.tenancy.grants import DATABASE_ROLES, MIGRATOR, PROCESSES, ROLE_PREFIX
from config.rotation import Files
from config.secrets import DATABASE, SecretsProblem


class Command(BaseCommand):
    """Makes each process's role with its password, and gives all tables to the migrator; again does no harm.

    `migrate` then grants what each role may do, as the migrator (authsvc/tenancy/grants.py).
    """

    help = "Create the database's roles. VISOR_DATABASE_URL names the server's administrator."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the passwords are."""
        parser.add_argument(
            "--files", type=Path, help="the secrets file, or the folder of a file a role; VISOR_SECRETS_FILE"
        )

    def handle(self, *_: Any, files: Path | None, **__: Any) -> None:
        """Make what is missing, and say what remains to be done."""
        if connection.vendor != "postgresql":
            raise CommandError("roles are PostgreSQL's: VISOR_DATABASE_URL names none")
        if not sql.may_make_roles(connection):
            raise CommandError(
                "name the server's administrator in VISOR_DATABASE_URL: roles are made by them"
            )
        place = files or settings.SECRETS_FILE
        for role, password in _passwords(place).items():
            self._make(role, password, place)
        sql.open_schema(connection, MIGRATOR)
        for owner in sql.take_over(connection, MIGRATOR):
            self._keep_running(owner)
        if not settings.PRODUCTION:
            # There one process plays several roles, one at a time (devtools/stack/one_role_a_request.py).
            sql.add_member(connection, MIGRATOR, of=PROCESSES)
        self.stdout.write(
            f"{', '.join(DATABASE_ROLES)} are there; run `manage.py migrate` for what they may do."
        )

    def _make(self, role: str, password: str, place: Path) -> None:
        sql.make_role(connection, role)
        if password:
            sql.set_password(connection, role, password)
        else:
            self.stdout.write(f"{place} has no password for {role}, which keeps what it had.")

    def _keep_running(self, owner: str) -> None:
        sql.add_member(connection, owner, of=[MIGRATOR])
        self.stdout.write(
            f"{owner} owned tables and may still do everything, so that the release before runs on: when "
            f"every process is of this release, REVOKE {MIGRATOR} FROM {owner}."
        )


def _passwords(place: Path) -> dict[str, str]:
    try:
        sections = Files(place).read() if place.exists() else {}
    except SecretsProblem as problem:
        raise CommandError(str(problem)) from None
    return {
        role: sections.get(role.removeprefix(ROLE_PREFIX), {}).get(DATABASE, "") for role in DATABASE_ROLES
    }
