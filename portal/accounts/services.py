"""Creating administrators; nobody signs up alone."""

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from authsvc.management import team
from authsvc.management.actors import Actor
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User


@transaction.atomic
def create_administrator(
    *,
    by: Actor,
    email: str,
    password: str,
    tenant: Tenant,
    role: str,
    name: str = "",
    totp_secret: str = "",
) -> User:
    """Create a user with a role in a tenant, and return it.

    Without `totp_secret` (base32) the person enrols a passkey or an app at the first sign-in. Raises
    NotPermitted, ValidationError for a password that breaks the rules, ValueError for an unknown role, and
    IntegrityError for an address that has an account.
    """
    validate_password(password, User(email=email, name=name))
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if totp_secret:
        TOTP.activate(user, totp_secret)
    with tenant_scope(tenant.id):
        team.admit(by=by, user=user, role=role)
    return user
