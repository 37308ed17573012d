"""`manage.py reconcile_references`: what was erased in database or key service is erased in both."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.keys.service.interface import KeyServiceProblem
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.reconciling import Reconciled, reconcile


class Command(BaseCommand):
    """Run with VISOR_ROLES=worker after every restore, before people sign in; again does no harm."""

    help = "Erase in database and key service what either of them says was erased."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "--missing", action="store_true", help="revoke references whose key is missing, too"
        )

    def handle(self, *_: Any, missing: bool, **__: Any) -> None:
        """Do it tenant by tenant, and say how many."""
        found = Reconciled()
        for tenant in Tenant.objects.all():
            try:
                with tenant_scope(tenant.id):
                    found += reconcile(missing_too=missing)
            except KeyServiceProblem as problem:
                raise CommandError(f"{tenant.slug}: {problem}; run it again") from None
        self.stdout.write(f"{found.destroyed} keys destroyed again, {found.revoked} references revoked")
        if found.missing:
            self.stdout.write(
                f"{found.missing} references have no key and do not open. Where this key service is right, "
                "they were erased after the restored backup was made: run it again with --missing."
            )
