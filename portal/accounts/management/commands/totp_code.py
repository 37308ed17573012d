"""`manage.py totp_code`: the six digits of the demo's administrator, for a machine without a phone."""

import time
from argparse import ArgumentParser
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Prints the authenticator code of the present half minute; refused in production."""

    help = "Print an administrator's present authenticator code (local and test environments only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address."""
        parser.add_argument("email")

    def handle(self, *_args: Any, email: str, **_options: Any) -> None:
        """Print the code."""
        if settings.ENVIRONMENT == "production":
            raise CommandError("not in production: the second factor must not live on the server")
        held = Authenticator.objects.filter(user__email=email.lower(), type=Authenticator.Type.TOTP).first()
        if held is None:
            raise CommandError(f"{email} has no authenticator app")
        counter = int(time.time()) // app_settings.TOTP_PERIOD
        self.stdout.write(format_hotp_value(hotp_value(decrypt(held.data["secret"]), counter)))
