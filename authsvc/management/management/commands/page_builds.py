"""`manage.py page_builds`: which builds of the capture page are let in; blocks one, or lets it in again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.capture.builds import RELEASES, build_of, scripts_served
from authsvc.capture.models import Build
from authsvc.core.clock import now
from authsvc.management.actors import COMMAND_LINE
from authsvc.tenancy.each import in_each_tenant


class Command(BaseCommand):
    """A blocked build is refused from the next passkey on; its people reload the page and get another one."""

    help = "List the builds of the capture page; block one, or let it in again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        change = parser.add_mutually_exclusive_group()
        change.add_argument("--block", metavar="BUILD", help="let no page of this build in")
        change.add_argument("--allow", metavar="BUILD", help="end the block of this one")

    def handle(self, *_: Any, block: str | None, allow: str | None, **__: Any) -> None:
        """Do what is asked, and list the builds, the newest first."""
        if block:
            self._change(block, blocked=True)
        if allow:
            self._change(allow, blocked=False)
        own = build_of(scripts_served())
        for place, row in enumerate(Build.objects.order_by("-listed_at")):
            state = "blocked" if row.blocked_at else "listed" if place < RELEASES else "old"
            here = "  (this release)" if row.name == own else ""
            self.stdout.write(f"{row.name:24}  {state:7}  {row.listed_at:%Y-%m-%d %H:%M}{here}")

    def _change(self, name: str, *, blocked: bool) -> None:
        if not Build.objects.filter(name=name).update(blocked_at=now() if blocked else None):
            raise CommandError(f"there is no build {name!r}")

        def tell() -> None:
            record(Tag.BUILD_BLOCKED if blocked else Tag.BUILD_ALLOWED, actor=COMMAND_LINE.name, build=name)

        in_each_tenant(tell)
