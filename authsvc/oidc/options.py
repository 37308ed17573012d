"""Changing what a tenant's provider offers."""

from typing import Any

from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.validation.credentials import problem_of_key
from authsvc.oidc.models import Provider
from authsvc.oidc.provider import forget_options, provider_options
from authsvc.oidc.sandbox.persons import seed_test_persons
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id


class OptionRefused(Exception):
    """The tenant cannot have this option."""


@transaction.atomic
def set_options(
    *,
    actor: str = "",
    dynamic_registration: bool | None = None,
    open_registration: bool | None = None,
    sandbox_authenticator: bool | None = None,
    statement_issuers: dict[str, Any] | None = None,
) -> Provider:
    """Change the options that are given; raises OptionRefused where the tenant cannot have one."""
    provider_options()
    provider = Provider.objects.select_for_update().get()
    tenant = Tenant.objects.get(pk=current_tenant_id())
    given = {
        "dynamic_registration": dynamic_registration,
        "open_registration": open_registration,
        "sandbox_authenticator": sandbox_authenticator,
        "statement_issuers": statement_issuers,
    }
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if sandbox_authenticator and not tenant.is_sandbox:
        raise OptionRefused("a live tenant never has the sandbox authenticator")
    if open_registration and not tenant.is_sandbox:
        raise OptionRefused("a live tenant registers nobody without an initial access token")
    _check_issuers(statement_issuers or {})
    for name, value in changed.items():
        setattr(provider, name, value)
    provider.save()
    if sandbox_authenticator:
        seed_test_persons()
    record(Tag.PROVIDER_CHANGED, actor=actor, **changed)
    forget_options()
    return provider


def _check_issuers(issuers: dict[str, Any]) -> None:
    for issuer, keys in issuers.items():
        documents = keys.get("keys") if isinstance(keys, dict) else None
        if not isinstance(documents, list) or not documents or any(map(problem_of_key, documents)):
            raise OptionRefused(f"the keys of {issuer} cannot be used")
