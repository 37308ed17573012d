"""Creating administrators; nobody signs up alone."""

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import Membership, User


@transaction.atomic
def create_administrator(
    *,
    email: str,
    password: str,
    tenant: Tenant,
    role: str,
    name: str = "",
    totp_secret: str = "",
    actor: str = "",
) -> User:
    """Create a user with a role in a tenant, and return it.

    Without `totp_secret` (base32) the person enrols a passkey or an app at the first sign-in. Raises
    ValidationError for a password that breaks the rules, ValueError for an unknown role, and
    IntegrityError for an address that has an account.
    """
    role = Membership.Role(role).value
    validate_password(password, User(email=email, name=name))
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if totp_secret:
        TOTP.activate(user, totp_secret)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    with tenant_scope(tenant.id):
        record(Tag.ADMIN_INVITED, actor=actor or "command line", administrator=user.email, role=role)
    return user
