"""`manage.py database_roles`: the roles of the database, made by its administrator."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from authsvc.tenancy import sql
from authsvc.tenancy.grants import DATABASE_ROLES, MIGRATOR, PROCESSES, ROLE_PREFIX
from config.secrets import database_password


class Command(BaseCommand):
    """Makes each process's role with its password, and gives all tables to the migrator; again does no harm.

    `migrate` then grants what each role may do, as the migrator (authsvc/tenancy/grants.py).
    """

    help = "Create the database's roles. VISOR_DATABASE_URL names the server's administrator."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        """Make what is missing, and say what remains to be done."""
        if connection.vendor != "postgresql":
            raise CommandError("roles are PostgreSQL's: VISOR_DATABASE_URL names none")
        if not sql.may_make_roles(connection):
            raise CommandError("name the server's administrator in VISOR_DATABASE_URL: roles are made by them")
        for role in DATABASE_ROLES:
            self._make(role)
        sql.open_schema(connection, MIGRATOR)
        for owner in sql.take_over(connection, MIGRATOR):
            self._keep_running(owner)
        if not settings.PRODUCTION:
            # There one process plays several roles, one at a time (devtools/stack/one_role_a_request.py).
            sql.add_member(connection, MIGRATOR, of=PROCESSES)
        self.stdout.write(f"{', '.join(DATABASE_ROLES)} are there; run `manage.py migrate` for what they may do.")

    def _make(self, role: str) -> None:
        password = database_password(settings.SECRETS_FILE, role.removeprefix(ROLE_PREFIX))
        sql.make_role(connection, role)
        if password:
            sql.set_password(connection, role, password)
        else:
            self.stdout.write(f"{settings.SECRETS_FILE} has no password for {role}, which keeps what it had.")

    def _keep_running(self, owner: str) -> None:
        sql.add_member(connection, owner, of=[MIGRATOR])
        self.stdout.write(
            f"{owner} owned tables and may still do everything, so that the release before runs on: when every "
            f"process is of this release, REVOKE {MIGRATOR} FROM {owner}."
        )
