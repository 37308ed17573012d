"""`manage.py audit verify`: checks the chain of every tenant, or of one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.audit.verification import verify_chain
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope


class Command(BaseCommand):
    """Names the first altered, missing or reordered row of each chain; a fault is an error."""

    help = "Verify the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("action", choices=["verify"])
        parser.add_argument("--tenant", help="the slug of one tenant; every tenant without it")

    def handle(self, *_: Any, tenant: str | None, **__: Any) -> None:
        """Check and report."""
        tenants = Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.order_by("slug")
        if tenant and not tenants:
            raise CommandError(f"no tenant {tenant!r}")
        faults = [fault for row in tenants if (fault := self._verify(row))]
        if faults:
            raise CommandError("; ".join(faults))

    def _verify(self, tenant: Tenant) -> str:
        with tenant_scope(tenant.id):
            checked, finding = verify_chain()
        if finding is None:
            self.stdout.write(f"{tenant.slug}: {checked} events, whole")
            return ""
        return f"{tenant.slug}: row {finding.sequence} is {finding.kind}"
