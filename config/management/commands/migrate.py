"""`manage.py migrate`: Django's own, for all tables or none."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate

from config import roles


class Command(migrate.Command):
    """Refuses to leave out the tables that the process's roles do not have."""

    def check(self, *arguments: Any, **options: Any) -> None:
        """Leave out what is asked of the database: a migration is how what is found there is mended."""
        super().check(*arguments, **{**options, "databases": None})

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Migrate, where every part is installed."""
        if roles.apps(settings.ROLES) != roles.apps([]):
            raise CommandError(f"{','.join(settings.ROLES)} has not all tables: migrate without VISOR_ROLES")
        super().handle(*arguments, **options)
