"""`manage.py audit`: checks the logs, and hands out what others check."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.audit.ageing import NotInTime, erase, prune
from authsvc.audit.models import AuditEvent
from authsvc.audit.proofs import NotInTheLog, growth, receipt, write_tiles
from authsvc.audit.sequencing import LogBroken, origin_of, sequence
from authsvc.audit.verification import verify_log
from authsvc.audit.writers import verifier
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id, tenant_scope


class Command(BaseCommand):
    """Verifies logs, and writes proofs and tiles of one; a fault is an error."""

    help = (
        "verify: name the first fault of each log. prove: the receipt of an event. growth: that one "
        "checkpoint continues another. tiles: the log as files. key: its public key. adopt: vouch for what a "
        "process of the release before wrote late. prune: announce events of more than thirteen months "
        "and delete those announced before, as the sweeper does daily. erase: take out what events say of "
        "somebody, as the tables' owner, without VISOR_ROLES."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("action", choices=["verify", *_OF_ONE])
        parser.add_argument("--tenant", help="the slug of one tenant; `verify` takes every one without it")
        parser.add_argument(
            "--as-of",
            type=datetime.fromisoformat,
            help="verify: the moment of which a restored database is a copy; what waited then is not late",
        )
        parser.add_argument("--event", type=int, help="prove: the number of the event's row")
        parser.add_argument("--transaction", help="prove: the receipt number of the event's attempt")
        parser.add_argument("--open", action="store_true", help="prove: with what the event says of people")
        parser.add_argument("--old", type=int, default=0, help="growth: the size of the earlier checkpoint")
        parser.add_argument("--size", type=int, default=0, help="growth: the size of the later one")
        parser.add_argument("--subject", default="", help="erase: the id of a person")
        parser.add_argument("--actor", default="", help="erase: what the log calls an administrator")
        parser.add_argument("--out", type=Path, help="where to write, instead of printing")

    def handle(self, *_: Any, action: str, tenant: str | None, **given: Any) -> None:
        """Do what was asked, and report."""
        tenants = Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.order_by("slug")
        if tenant and not tenants:
            raise CommandError(f"no tenant {tenant!r}")
        if action == "verify":
            faults = [fault for row in tenants if (fault := self._verify(row, given["as_of"]))]
            if faults:
                raise CommandError("; ".join(faults))
            return
        if not tenant:
            raise CommandError("name one tenant with --tenant")
        with tenant_scope(tenants[0].pk):
            try:
                _OF_ONE[action](self, **given)
            except (NotInTheLog, NotInTime, LogBroken, AuditEvent.DoesNotExist) as problem:
                raise CommandError(str(problem)) from None

    def _verify(self, tenant: Tenant, as_of: datetime | None) -> str:
        with tenant_scope(tenant.id):
            found = verify_log(as_of=as_of)
        if found.finding is None:
            self.stdout.write(f"{tenant.slug}: {found.events} events, whole")
            return ""
        return f"{tenant.slug}: {found.finding}"

    def _prove(self, *, event: int | None, transaction: str | None, out: Path | None, **given: Any) -> None:
        rows = AuditEvent.objects.filter(transaction=transaction) if transaction else AuditEvent.objects.all()
        found = rows.get(pk=event) if event else rows.latest("sequence")
        self._write(receipt(found, opened=given["open"]), out)

    def _growth(self, *, old: int, size: int, out: Path | None, **_: Any) -> None:
        self._write(growth(old, size), out)

    def _tiles(self, *, out: Path | None, **_: Any) -> None:
        if out is None:
            raise CommandError("name a folder with --out")
        self.stdout.write(f"{write_tiles(Path(out))} entries")

    def _key(self, **_: Any) -> None:
        self.stdout.write(str(verifier(origin_of(current_tenant_id()))))

    def _adopt(self, **_: Any) -> None:
        self.stdout.write(f"{sequence(late=True)} events")

    def _prune(self, **_: Any) -> None:
        deleted, due = prune()
        self.stdout.write(f"{deleted} events deleted, {due} announced: they are deleted the next time")

    def _erase(self, *, subject: str, actor: str, **_: Any) -> None:
        if not subject and not actor:
            raise CommandError("name a person with --subject, or an administrator with --actor")
        self.stdout.write(f"{erase(subject=subject, actor=actor)} events say nothing of them any more")

    def _write(self, said: dict[str, Any], out: Path | None) -> None:
        text = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
        if out is None:
            self.stdout.write(text)
        else:
            Path(out).write_text(text, encoding="utf-8")


_OF_ONE: Mapping[str, Callable[..., None]] = {
    "prove": Command._prove,
    "growth": Command._growth,
    "tiles": Command._tiles,
    "key": Command._key,
    "adopt": Command._adopt,
    "prune": Command._prune,
    "erase": Command._erase,
}
