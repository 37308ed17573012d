"""`manage.py tenant_host TENANT`: the host name that a tenant has of its own."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from authsvc.core.texts import in_english
from authsvc.hosts.middleware import CHALLENGE
from authsvc.hosts.names import HostRefused, origin_on
from authsvc.hosts.places import place_of, tenant_address
from authsvc.management import hosts
from authsvc.management.actors import COMMAND_LINE
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

STEPS: Final[Mapping[str, Callable[..., Any]]] = {
    "ask": hosts.ask,
    "live": hosts.go_live,
    "leave": hosts.leave,
    "drop": hosts.drop,
}


class Command(BaseCommand):
    """Takes one step with a name, and says where the tenant lives."""

    help = "Give a tenant a host name of its own: ask for it, let it go live, leave it, or drop it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenant", help="the slug of the tenant")
        parser.add_argument("step", nargs="?", choices=sorted(STEPS), help="nothing: only say how it stands")
        parser.add_argument("host", nargs="?", default="")
        parser.add_argument(
            "--unchecked",
            action="store_true",
            help="with live: without asking whether it leads here",
        )

    def handle(self, *_: Any, tenant: str, step: str | None, host: str, unchecked: bool, **__: Any) -> None:
        """Take the step, and report."""
        row = Tenant.objects.filter(slug=tenant).first()
        if row is None:
            raise CommandError(f"no tenant {tenant!r}")
        more = {"unchecked": True} if unchecked and step == "live" else {}
        with tenant_scope(row.id):
            try:
                if step is not None:
                    STEPS[step](by=COMMAND_LINE, host=host, **more)
            except HostRefused as refused:
                raise CommandError(f"{in_english(refused.person)} ({refused.detail})") from None
            self._report(row)

    def _report(self, tenant: Tenant) -> None:
        self.stdout.write(f"issuer: {tenant_address(tenant)}")
        self.stdout.write(f"RP ID of its passkeys: {place_of(tenant.pk).rp_id}")
        for row in hosts.names():
            self.stdout.write(f"{row.host}: {row.state}")
            if row.state == row.State.ASKED:
                self.stdout.write(f"  {origin_on(row.host)}{CHALLENGE} has to answer {row.challenge}")
