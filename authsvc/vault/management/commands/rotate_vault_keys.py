"""`manage.py rotate_vault_keys`: a new vault key for a tenant's old one, while people sign in."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.keys.service.interface import KeyServiceProblem
from authsvc.keys.vaultkeys import NoVaultKey, begin_rotation, end_rotation, has_vault_key
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.opening import seal_under_newest


class Command(BaseCommand):
    """Run with VISOR_ROLES=worker; end it with --retire when tasks that were on their way are done.

    Each step can be repeated, and goes on where it stopped.
    """

    help = "Give tenants new vault keys and seal under them what the old ones sealed; --retire ends the old."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenants", nargs="*", metavar="TENANT", help="slugs; every tenant without any")
        parser.add_argument("--retire", action="store_true", help="destroy the old keys")

    def handle(self, *_: Any, tenants: Sequence[str], retire: bool, **__: Any) -> None:
        """Go from tenant to tenant, and say what was done."""
        found = Tenant.objects.filter(slug__in=tenants) if tenants else Tenant.objects.all()
        if unknown := set(tenants) - {tenant.slug for tenant in found}:
            raise CommandError(f"there is no tenant {min(unknown)}")
        for tenant in found.order_by("slug"):
            try:
                with tenant_scope(tenant.id):
                    self._rotate(tenant, retire=retire)
            except (KeyServiceProblem, NoVaultKey) as problem:
                raise CommandError(f"{tenant.slug}: {problem}; run it again") from None
        if not retire:
            self.stdout.write("then end it with --retire; until then, tasks that are on their way: 5 minutes")

    def _rotate(self, tenant: Tenant, *, retire: bool) -> None:
        if not has_vault_key():
            return
        if not retire:
            begin_rotation()
        renewed = seal_under_newest()
        self.stdout.write(f"{tenant.slug}: {renewed.done} wraps sealed anew")
        if renewed.closed:
            self.stdout.write(f"  {renewed.closed} open under no key that is there, and stay as they are")
        if retire and end_rotation():
            self.stdout.write("  the old key is gone")
