"""`manage.py create_tenant SLUG`: an organisation, and its first owner by invitation."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.core.texts import in_english
from authsvc.management.actors import COMMAND_LINE
from authsvc.management.organisation import SettingRefused
from authsvc.tenancy.models import Tenant
from portal.accounts.services import found_organisation


class Command(BaseCommand):
    """Creates an organisation, as the portal's screen Platform does."""

    help = "Create an organisation, and mail its first owner an invitation, which works for two days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what it is called, and whom to invite."""
        parser.add_argument("slug", help="its part of addresses: small letters, digits, hyphens")
        parser.add_argument("--name", required=True)
        parser.add_argument("--owner", required=True, help="the e-mail address of its first owner")
        parser.add_argument("--kind", default=Tenant.Kind.LIVE, choices=Tenant.Kind.values)
        parser.add_argument("--if-missing", action="store_true", help="leave one that is there as it is")

    def handle(
        self, *_args: Any, slug: str, name: str, owner: str, kind: str, if_missing: bool, **_options: Any
    ) -> None:
        """Create it, or say what is wrong."""
        if if_missing and Tenant.objects.filter(slug=slug).exists():
            self.stdout.write(f"{slug} is there already, and stays as it is.")
            return
        try:
            found_organisation(by=COMMAND_LINE, slug=slug, name=name, kind=kind, owner=owner)
        except SettingRefused as refused:
            raise CommandError(f"{refused.field}: {in_english(refused.person)}") from None
        except OSError as problem:
            raise CommandError(f"the mail could not be sent, so nothing was made: {problem}") from None
        self.stdout.write(f"{owner} is invited to own {slug}; the link in the mail works for two days.")
