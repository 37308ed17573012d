"""`manage.py signing_keys TENANT`: lists, rotates and revokes the keys that sign tokens."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.keys.algorithms import SIGNING
from authsvc.keys.models import SigningKey
from authsvc.keys.problems import NoSigningKey
from authsvc.keys.signing import ensure_keys
from authsvc.management.actors import COMMAND_LINE
from authsvc.management.keys import revoke, rotate
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope


class Command(BaseCommand):
    """Rotation takes the key that was staged; a revoked key verifies nothing from then on."""

    help = "List a tenant's signing keys; rotate one algorithm, or revoke one key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenant", help="the slug of the tenant")
        parser.add_argument("--rotate", metavar="ALGORITHM", choices=SIGNING)
        parser.add_argument("--emergency", action="store_true", help="also before the next key was staged")
        parser.add_argument("--revoke", metavar="KID", help="a key whose private part may be known")

    def handle(self, *_: Any, tenant: str, **asked: Any) -> None:
        """Do what is asked, and list the keys."""
        row = Tenant.objects.filter(slug=tenant).first()
        if row is None:
            raise CommandError(f"no tenant {tenant!r}")
        with tenant_scope(row.id):
            ensure_keys(actor=COMMAND_LINE.name)
            try:
                if asked["rotate"]:
                    rotate(by=COMMAND_LINE, algorithm=asked["rotate"], emergency=asked["emergency"])
                if asked["revoke"]:
                    revoke(by=COMMAND_LINE, kid=asked["revoke"])
            except NoSigningKey as problem:
                raise CommandError(str(problem)) from None
            except SigningKey.DoesNotExist:
                raise CommandError(f"no key {asked['revoke']!r}") from None
            for key in SigningKey.objects.order_by("algorithm", "created_at"):
                since = key.state_changed_at.isoformat(timespec="seconds")
                self.stdout.write(f"{key.kid}  {key.algorithm:6}  {key.state:8}  since {since}")
