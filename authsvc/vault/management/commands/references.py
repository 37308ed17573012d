"""`manage.py references`: says where references lie, and moves them to the object store or back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.vault.moving import Moved, count, move
from authsvc.vault.stores.interface import StoreAway


class Command(BaseCommand):
    """Run with VISOR_ROLES=worker, while people sign in; what broke off goes on when it is run again."""

    help = "Count what lies in the database and in the object store; `move` brings it from one to the other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("action", choices=["count", "move"])
        parser.add_argument("--to", choices=["database", "objects"], help="move: where to")
        parser.add_argument("--tenant", help="the slug of one tenant; without it every one")

    def handle(self, *_: Any, action: str, to: str | None, tenant: str | None, **__: Any) -> None:
        """Do it tenant by tenant, and say how much."""
        tenants = Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.order_by("slug")
        if tenant and not tenants:
            raise CommandError(f"no tenant {tenant!r}")
        if action == "move" and to is None:
            raise CommandError("say with --to where to")
        left = [line for row in tenants if (line := self._of(row, to if action == "move" else None))]
        if left:
            raise CommandError("; ".join(left))

    def _of(self, tenant: Tenant, to: str | None) -> str:
        """Do it for one tenant; return what was left where it was, in words, "" for nothing."""
        with tenant_scope(tenant.id):
            try:
                moved = Moved() if to is None else move(outwards=to == "objects")
            except StoreAway as problem:
                return f"{tenant.slug}: {problem}; run it again"
            here, outside = count()
        self.stdout.write(f"{tenant.slug}: {here} in the database, {outside} in the object store")
        return f"{tenant.slug}: {'; '.join(moved.left)}" if moved.left else ""
