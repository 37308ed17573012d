"""`manage.py create_admin`: a first administrator for a tenant."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from authsvc.management.actors import COMMAND_LINE
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts.services import create_administrator


class Command(BaseCommand):
    """Creates an administrator, who enrols a passkey or an app at the first sign-in."""

    help = "Create an administrator of a tenant. The password comes from VISOR_ADMIN_PASSWORD or a prompt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address, the tenant and the role."""
        parser.add_argument("email")
        parser.add_argument("--tenant", required=True, help="the tenant's slug")
        parser.add_argument("--role", default=Role.ADMIN, choices=Role.values)
        parser.add_argument("--name", default="")

    def handle(self, *_args: Any, email: str, tenant: str, role: str, name: str, **_options: Any) -> None:
        """Create the account, or say what is wrong."""
        # Not an argument: every user of a machine can read the arguments of its processes.
        given = settings.ADMIN_PASSWORD
        password = given.get_secret_value() if given else getpass.getpass("Password: ")
        try:
            create_administrator(
                by=COMMAND_LINE,
                email=email,
                password=password,
                name=name,
                role=role,
                tenant=Tenant.objects.get(slug=tenant),
            )
        except Tenant.DoesNotExist:
            raise CommandError(f"there is no tenant {tenant!r}") from None
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        except IntegrityError:
            raise CommandError(f"{email} has an account already") from None
        self.stdout.write(f"{email} may sign in at /portal/{tenant}/ and enrols a second factor there.")
