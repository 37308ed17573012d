"""Making administrators, inviting them and ending them; nobody signs up alone.

What changes who is in the team is an act of authsvc.management.team; beside it stands what is the portal's:
accounts, factors, sessions, mails.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from authsvc.management import team, tenants
from authsvc.management.actors import Actor
from authsvc.tenancy.memberships.models import Invitation, Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.mails import send_invitation
from portal.accounts.models import NOBODYS, AdministratorSession, RecoveryCode, User

# Of an address that a provider says, so many letters stay readable in what the account is called by.
_READABLE: Final = 48


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


@transaction.atomic
def invite_administrator(*, by: Actor, tenant: Tenant, email: str, role: str) -> None:
    """Send an invitation by mail, without which there is none; raises like team.invite, and OSError."""
    _mail(tenant, *team.invite(by=by, email=email, role=role))


@transaction.atomic
def found_organisation(*, by: Actor, slug: str, name: str, kind: str, owner: str) -> Tenant:
    """Create an organisation, and invite its first owner by mail, without which there is none.

    Raises like tenants.found, and OSError where the mail cannot be sent.
    """
    tenant = tenants.found(by=by, slug=slug, name=name, kind=kind)
    with tenant_scope(tenant.pk):
        _mail(tenant, *team.invite_first_owner(invited_by=by.name, email=owner))
    return tenant


@transaction.atomic
def join(*, invitation: Invitation, password: str, name: str) -> User:
    """Make the account of who follows an invitation, and return it, a member.

    Raises ValidationError for a password that breaks the rules, and Invitation.DoesNotExist where the link is
    over by now.
    """
    validate_password(password, User(email=invitation.email, name=name))
    user = User.objects.create_user(invitation.email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    team.accept(invitation=invitation, user=user)
    return user


def create_by_provider(*, tenant: Tenant, name: str, address: str) -> User:
    """Make the account of somebody whom a tenant's own provider knows, and return it.

    What it is called by is an address at which nobody reads mail (RFC 6761 section 6.4), and no password is
    right: the address that the provider says may be somebody else's, whose account this must never become,
    nor stand in the way of.
    """
    readable = re.sub(r"[^a-z0-9.-]", "", address.lower().replace("@", "-at-"))[:_READABLE]
    return User.objects.create_user(
        f"{readable.strip('.-') or 'member'}.{secrets.token_hex(4)}@{tenant.slug}.{NOBODYS}", name=name
    )


@transaction.atomic
def set_password_anew(*, invitation: Invitation, user: User, password: str) -> None:
    """Give an account that was taken back a new password; raises like `join`."""
    validate_password(password, user)
    team.accept(invitation=invitation, user=user)
    user.set_password(password)
    user.save(update_fields=["password"])


@transaction.atomic
def start_administrator_anew(*, by: Actor, tenant: Tenant, membership: Membership) -> None:
    """Take password, factors and sessions of a member back, and mail them a link to set a new password.

    Raises team.BelongsElsewhere, and OSError where the mail cannot be sent.
    """
    _take_back(tenant, *team.start_anew(by=by, membership=membership))


def _mail(tenant: Tenant, invitation: Invitation, token: str) -> None:
    send_invitation(invitation, tenant=tenant, token=token)


def _take_back(tenant: Tenant, invitation: Invitation, token: str) -> None:
    user = User.objects.get(email=invitation.email)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    end_sessions(user)
    _mail(tenant, invitation, token)


# What is the portal's beside an act of the team, and takes what the act returned.
_BESIDE: Final[Mapping[str, Callable[[Tenant, Invitation, str], None]]] = {
    "team.invite": _mail,
    "team.start_anew": _take_back,
}


@transaction.atomic
def complete(act: str, *, tenant: Tenant, perform: Callable[[], Any]) -> Any:
    """Perform an act that another agreed to with all that is the portal's beside it; return what it made.

    Nothing is returned where that goes by mail to whom it is for alone. Raises what the act raises, and
    OSError where the mail cannot be sent.
    """
    made = perform()
    if act not in _BESIDE:
        return made
    _BESIDE[act](tenant, *made)
    return None


@transaction.atomic
def disable_administrator(*, by: Actor, membership: Membership) -> None:
    """Let a member in no more, and end their sessions at once; raises team.LastOwner."""
    team.disable(by=by, membership=membership)
    end_sessions(User.objects.get(pk=membership.user_id))


@transaction.atomic
def remove_administrator(*, by: Actor, membership: Membership) -> None:
    """Take a member's role away, and end their sessions at once; raises team.LastOwner."""
    team.remove(by=by, membership=membership)
    end_sessions(User.objects.get(pk=membership.user_id))


def end_sessions(user: User) -> None:
    """End every session of a user, in whichever tenant."""
    AdministratorSession.objects.filter(user=user).delete()
