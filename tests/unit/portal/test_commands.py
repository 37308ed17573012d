"""`manage.py create_admin` and `manage.py totp_code`."""

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from pydantic import SecretStr

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts.models import User
from tests.tenancy.people import PASSWORD


@pytest.fixture
def password(settings: Any) -> str:
    settings.ADMIN_PASSWORD = SecretStr(PASSWORD)
    return PASSWORD


def create(**options: Any) -> None:
    call_command("create_admin", "First@Example.org", stdout=StringIO(), **options)


def test_create_admin_makes_a_user_with_a_role_and_records_it(tenant: Tenant, password: str) -> None:
    create(tenant=tenant.slug, role="owner")
    user = User.objects.get(email="first@example.org")
    assert user.check_password(password)
    assert user.password.startswith("argon2$")
    assert user.memberships.get().role == Role.OWNER
    assert AuditEvent.objects.filter(tag=Tag.ADMIN_INVITED).count() == 1


def test_create_admin_says_what_is_wrong(tenant: Tenant, password: str, settings: Any) -> None:
    with pytest.raises(CommandError, match="no tenant"):
        create(tenant="nowhere")
    settings.ADMIN_PASSWORD = SecretStr("short")
    with pytest.raises(CommandError, match="too short"):
        create(tenant=tenant.slug)
    assert not User.objects.exists()


def test_totp_code_prints_six_digits_but_never_in_production(user: User, settings: Any) -> None:
    TOTP.activate(user, generate_totp_secret())
    shown = StringIO()
    call_command("totp_code", user.email, stdout=shown)
    assert len(shown.getvalue().strip()) == 6
    settings.ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="not in production"):
        call_command("totp_code", user.email)
