"""`manage.py retention`: writes docs/retention.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import retention


class Command(BaseCommand):
    """Writes how long each table keeps its rows, or says that the page is out of date."""

    help = "Write docs/retention.md from the register."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to look only."""
        parser.add_argument("--check", action="store_true", help="fail where the page differs; write nothing")

    def handle(self, *_: Any, check: bool, **__: Any) -> None:
        """Write the page, or compare it."""
        written = retention.PATH.read_text(encoding="utf-8") if retention.PATH.exists() else ""
        if check and written != retention.page():
            raise CommandError("docs/retention.md differs from the register: manage.py retention")
        if not check:
            retention.PATH.write_text(retention.page(), encoding="utf-8")
