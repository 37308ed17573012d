"""`manage.py rewrap_references`: lets references of a release before need a key of their own."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.opening import CannotOpenReference, wrap_under_own_keys


class Command(BaseCommand):
    """Run once with VISOR_ROLES=worker, when every worker is of this release; again does no harm."""

    help = "Wrap the references of a release before under keys of their own."

    def handle(self, *_: Any, **__: Any) -> None:
        """Do it tenant by tenant, and say how many."""
        done = 0
        for tenant in Tenant.objects.all():
            try:
                with tenant_scope(tenant.id):
                    done += wrap_under_own_keys()
            except CannotOpenReference as problem:
                raise CommandError(f"{tenant.slug}: {problem}; run it again") from None
        self.stdout.write(
            f"{done} wraps need their reference's own key now. Logs and backups from before today open "
            "without it until they expire."
        )
