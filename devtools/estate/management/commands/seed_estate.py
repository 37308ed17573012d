"""`manage.py seed_estate`: an estate of the size that the portal must bear, in minutes."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from authsvc.tenancy.models import Tenant
from devtools.estate.estate import SLUG, build
from devtools.estate.sizes import Sizes


class Command(BaseCommand):
    """Fills a developer's database."""

    help = (
        "Make 200 tenants, 2,000 relying parties, 1 million people, 2 million attempts that are over and 10 "
        "million events, or a share of them, in an empty database of PostgreSQL."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--share", type=float, default=1.0, help="0.1 makes a tenth of everything")

    def handle(self, *_: Any, share: float, **__: Any) -> None:
        """Make the estate and say how far it is; raises CommandError where it has no place."""
        if settings.PRODUCTION:
            raise CommandError("an estate has no place in production")
        if connection.vendor != "postgresql":
            raise CommandError("an estate is made by COPY, which PostgreSQL has")
        if not 0 < share <= 1:
            raise CommandError("--share is more than 0 and at most 1")
        if Tenant.objects.filter(slug__startswith=f"{SLUG}-").exists():
            raise CommandError("there is an estate already")
        tenants = build(Sizes.of(share), say=self.stdout.write)
        self.stdout.write(f"the largest is {tenants[0].slug}")
