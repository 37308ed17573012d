"""`manage.py generate_secrets`: writes the secrets file once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import secrets


class Command(BaseCommand):
    """Generates the secrets of every role, adds those that a later release needs, and overwrites none."""

    help = "Write a new secrets file, or add what the one that is there lacks."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        """Write the file that VISOR_SECRETS_FILE names."""
        try:
            secrets.write(settings.SECRETS_FILE, secrets.generate())
        except FileExistsError:
            added = secrets.complete(settings.SECRETS_FILE)
            done = "got what it lacked" if added else "exists and is left as it is"
            self.stdout.write(f"{settings.SECRETS_FILE} {done}")
        else:
            self.stdout.write(f"wrote {settings.SECRETS_FILE}")
