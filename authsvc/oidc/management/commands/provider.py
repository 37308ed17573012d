"""`manage.py provider TENANT`: what the tenant's provider offers, and tokens to register with."""

from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.oidc.options import OptionRefused, set_options
from authsvc.oidc.provider import provider_options
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

ACTOR = "command line"
OPTIONS = ("dynamic_registration", "open_registration", "sandbox_authenticator")


class Command(BaseCommand):
    """Changes the options that are given, and says which are on."""

    help = "Turn dynamic registration or the sandbox authenticator on or off; issue initial access tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenant", help="the slug of the tenant")
        for option in OPTIONS:
            parser.add_argument(f"--{option.replace('_', '-')}", action=BooleanOptionalAction, default=None)
        parser.add_argument("--initial-token", metavar="NOTE", help="issue an initial access token")
        parser.add_argument("--uses", type=int, default=1, help="how many registrations it is good for; 1")

    def handle(self, *_: Any, tenant: str, initial_token: str | None, uses: int, **given: Any) -> None:
        """Change, issue, report."""
        row = Tenant.objects.filter(slug=tenant).first()
        if row is None:
            raise CommandError(f"no tenant {tenant!r}")
        with tenant_scope(row.id):
            try:
                set_options(actor=ACTOR, **{name: given[name] for name in OPTIONS})
            except OptionRefused as refused:
                raise CommandError(str(refused)) from None
            options = provider_options()
            for name in OPTIONS:
                self.stdout.write(f"{name}: {'on' if getattr(options, name) else 'off'}")
            if initial_token is not None:
                text = issue_initial_token(actor=ACTOR, note=initial_token[:120], uses=uses)
                self.stdout.write(f"initial access token, shown this once: {text}")
