"""`manage.py generate_secrets`: writes the secrets file once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import secrets


class Command(BaseCommand):
    """Generates the secrets of every role, and never overwrites any."""

    help = "Write a new secrets file, unless there is one."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        """Write the file that VISOR_SECRETS_FILE names."""
        try:
            secrets.write(settings.SECRETS_FILE, secrets.generate())
        except FileExistsError:
            self.stdout.write(f"{settings.SECRETS_FILE} exists and is left as it is")
        else:
            self.stdout.write(f"wrote {settings.SECRETS_FILE}")
