"""`manage.py audit_export`: writes events as NDJSON, CSV or OCSF, once a second administrator has agreed."""

import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from authsvc.audit.exporting import FORMATS
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member
from authsvc.management.approvals import ask
from authsvc.management.log import allow_export, export, export_agreed
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope

_ACTOR: Final = "manage.py audit_export"


class Command(BaseCommand):
    """Asks for an export in a member's name, and makes it when another has agreed in the portal."""

    help = "Export the audit log. First --by and --why; then, within a day of the agreement, --approval."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("tenant")
        parser.add_argument("--format", dest="form", choices=sorted(FORMATS), default="ndjson")
        parser.add_argument("--since", default="", help="the first day, YYYY-MM-DD")
        parser.add_argument("--until", default="", help="the last day, YYYY-MM-DD")
        parser.add_argument("--by", help="the e-mail address of the member of the team who asks")
        parser.add_argument("--why", default="", help="what it is for; whoever decides reads it")
        parser.add_argument("--approval", help="the request that was agreed to")
        parser.add_argument("--out", type=Path, help="the file to write; standard output without it")

    def handle(self, *, tenant: str, **given: Any) -> None:
        """Ask, or export."""
        found = Tenant.objects.filter(slug=tenant).first()
        if found is None:
            raise CommandError(f"there is no organisation {tenant}")
        if given["out"] is not None and given["out"].exists():
            # Said before the one export that was agreed to is spent.
            raise CommandError(f"{given['out']} is there already")
        with tenant_scope(found.pk):
            try:
                lines = self._lines(**given)
                self._write(lines, given["out"])
            except Refused as refused:
                raise CommandError(f"{refused.code}: {refused.detail}") from None

    def _lines(self, *, approval: str | None, by: str | None, why: str, **given: Any) -> Iterable[str]:
        if approval:
            return export_agreed(approval, actor=_ACTOR)
        user = get_user_model().objects.filter(email__iexact=by or "").first()
        if user is None:
            raise CommandError("name with --by who asks, or with --approval what was agreed to")
        member = Member(user_id=user.pk, name=str(user.get_username()), proven_at=now())
        wanted = {name: given[name] for name in ("form", "since", "until") if given[name] or name != "until"}
        try:
            allow_export(by=member, **wanted)
        except NeedsAgreement as needs:
            asked = ask(by=member, wanted=needs, why=why)
            return [f"Somebody else has to agree in the portal; then: --approval={asked.pk}\n"]
        return export(**wanted, actor=member.name)

    def _write(self, lines: Iterable[str], out: Path | None) -> None:
        if out is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        with open(out, "x", encoding="utf-8", opener=_for_its_owner_alone) as file:
            file.writelines(lines)


def _for_its_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
