"""Administrators with a browser each, signed in with a second factor."""

import secrets
import time
from functools import cache

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.userkit import user_id_to_str
from django.contrib.auth.hashers import make_password
from django.test import Client

from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from portal.accounts.models import User

PASSWORD = "a pass phrase of the tests"


def make_user(*memberships: tuple[Tenant, str], email: str = "") -> User:
    """Make a user with roles in tenants."""
    user = User(email=email or f"{secrets.token_hex(6)}@example.org", password=_hashed())
    user.save()
    for tenant, role in memberships:
        Membership.objects.create(user=user, tenant=tenant, role=role)
    return user


@cache
def _hashed() -> str:
    """The password's hash, made once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def signed_in(user: User, *, second_factor: bool = True) -> Client:
    """Return a browser in which the user has signed in."""
    client = Client()
    client.force_login(user)
    session = client.session
    methods = [{"method": "password", "at": time.time()}]
    if second_factor:
        methods.append({"method": "mfa", "type": "totp", "at": time.time()})
    session[AUTHENTICATION_METHODS_SESSION_KEY] = methods
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user)
    session.save()
    return client
