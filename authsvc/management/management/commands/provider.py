"""`manage.py provider TENANT`: what the tenant's provider offers, and tokens to register with."""

from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.core.strictjson import NotJson, parse_json
from authsvc.management.actors import COMMAND_LINE
from authsvc.management.provider import issue_initial_token, set_options, trust_statements
from authsvc.oidc.offering.problems import OptionRefused
from authsvc.oidc.offering.provider import provider_options
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

OPTIONS = ("dynamic_registration", "open_registration", "sandbox_authenticator")


class Command(BaseCommand):
    """Changes the options that are given, and says which are on."""

    help = "Turn dynamic registration or the sandbox authenticator on or off; issue initial access tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenant", help="the slug of the tenant")
        for option in OPTIONS:
            parser.add_argument(f"--{option.replace('_', '-')}", action=BooleanOptionalAction, default=None)
        parser.add_argument(
            "--trust-statements",
            nargs=2,
            metavar=("ISSUER", "JWKS_FILE"),
            help="take software statements of this issuer too, signed by these keys",
        )
        parser.add_argument("--initial-token", metavar="NOTE", help="issue an initial access token")
        parser.add_argument("--uses", type=int, default=1, help="how many registrations it is good for; 1")

    def handle(self, *_: Any, tenant: str, **given: Any) -> None:
        """Change, issue, report."""
        row = Tenant.objects.filter(slug=tenant).first()
        if row is None:
            raise CommandError(f"no tenant {tenant!r}")
        with tenant_scope(row.id):
            try:
                self._change(given)
                self._report()
                self._issue(given)
            except (OptionRefused, NotJson, OSError) as problem:
                raise CommandError(str(problem)) from None

    def _change(self, given: dict[str, Any]) -> None:
        set_options(by=COMMAND_LINE, **{name: given[name] for name in OPTIONS})
        if given["trust_statements"]:
            issuer, file = given["trust_statements"]
            trust_statements(by=COMMAND_LINE, issuer=issuer, keys=parse_json(Path(file).read_bytes()))

    def _report(self) -> None:
        options = provider_options()
        for name in OPTIONS:
            self.stdout.write(f"{name}: {'on' if getattr(options, name) else 'off'}")
        for issuer in sorted(options.statement_issuers):
            self.stdout.write(f"software statements of {issuer} are trusted")

    def _issue(self, given: dict[str, Any]) -> None:
        if given["initial_token"] is not None:
            note = given["initial_token"][:120]
            text = issue_initial_token(by=COMMAND_LINE, note=note, uses=given["uses"])
            self.stdout.write(f"initial access token, shown this once: {text}")
