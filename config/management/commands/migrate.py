"""`manage.py migrate`: Django's own, for all tables or none, beside a release that runs."""

from time import sleep
from typing import Any, Final

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from config import roles

LOCK_SECONDS: Final = 2.0
"""Shorter than web waits for a statement: whoever queues behind a migration still gets an answer."""
STATEMENT_SECONDS: Final = 600.0
TRIES: Final = 30
PAUSE_SECONDS: Final = 2.0
_LOCK_NOT_AVAILABLE: Final = "55P03"


class Command(migrate.Command):
    """Refuses to leave out the tables that the process's roles do not have, and stops no release that runs.

    A statement that waits for a lock makes everybody wait who comes to the table after it. So it gives up
    soon, and what was taken back is tried again; what has been migrated stays.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        """Take, beside Django's own, how long a statement waits for a lock, and how long it may take."""
        super().add_arguments(parser)
        parser.add_argument(
            "--lock-seconds", type=float, default=LOCK_SECONDS, help="how long a statement waits for a lock"
        )
        parser.add_argument(
            "--statement-seconds",
            type=float,
            default=STATEMENT_SECONDS,
            help="how long a statement may take; indexes that are made beside others take as long as they do",
        )

    def check(self, *arguments: Any, **options: Any) -> None:
        """Leave out what is asked of the database: a migration is how what is found there is mended."""
        super().check(*arguments, **{**options, "databases": None})

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Migrate, where every part is installed."""
        if roles.apps(settings.ROLES) != roles.apps([]):
            raise CommandError(f"{','.join(settings.ROLES)} has not all tables: migrate without VISOR_ROLES")
        limits = {
            "lock_timeout": options.pop("lock_seconds"),
            "statement_timeout": options.pop("statement_seconds"),
        }
        for left in reversed(range(TRIES)):
            _limit(options["database"], limits)
            try:
                super().handle(*arguments, **options)
            except OperationalError as problem:
                if not left or getattr(problem.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                    raise
                self.stdout.write("Somebody else has a lock on a table: tried again in a moment.")
                sleep(PAUSE_SECONDS)
            else:
                return


def _limit(alias: str, limits: dict[str, float]) -> None:
    """Set PostgreSQL's limits on the connection by which a command migrates, by their names, in seconds."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for name, seconds in limits.items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, f"{int(seconds * 1000)}ms"])
