"""`manage.py check_start`: whether a process of this role would start, and reach what it needs."""

from typing import Any

from django.core.management.base import BaseCommand

from config.starting import problems


class Command(BaseCommand):
    """Runs in the environment of the process that it asks for; starts nothing and changes nothing."""

    help = "Say what keeps a process of VISOR_ROLES from starting or working; status 1 where something does."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        """Say every problem, a line each."""
        found = list(problems())
        for problem in found:
            self.stdout.write(problem)
        if found:
            raise SystemExit(1)
