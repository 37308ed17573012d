"""`manage.py settings_reference`: writes docs/settings.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config import reference


class Command(BaseCommand):
    """Writes the reference of every variable, or says that it is out of date."""

    help = "Write docs/settings.md from the code."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether to look only."""
        parser.add_argument("--check", action="store_true", help="fail where the page differs; write nothing")

    def handle(self, *_: Any, check: bool, **__: Any) -> None:
        """Write the page, or compare it."""
        written = reference.PATH.read_text(encoding="utf-8") if reference.PATH.exists() else ""
        if check and written != reference.page():
            raise CommandError("docs/settings.md differs from the code: make settings-reference")
        if not check:
            reference.PATH.write_text(reference.page(), encoding="utf-8")
