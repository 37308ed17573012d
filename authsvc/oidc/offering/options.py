"""Changing what a tenant's provider offers."""

from typing import Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.validation.credentials import problem_of_key
from authsvc.oidc.models import Provider
from authsvc.oidc.offering.persons import seed_test_persons
from authsvc.oidc.offering.problems import OptionRefused
from authsvc.oidc.offering.provider import forget_options, locked_row
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id


@transaction.atomic
def set_options(
    *,
    actor: str = "",
    dynamic_registration: bool | None = None,
    open_registration: bool | None = None,
    sandbox_authenticator: bool | None = None,
    statement_issuers: dict[str, Any] | None = None,
) -> Provider:
    """Change the options that are given; raises OptionRefused where the tenant cannot have one.

    What differs from before is recorded.
    """
    provider = locked_row()
    if provider is None:
        raise OptionRefused(
            "", _("Nobody has read the discovery address yet, with which the provider begins. Open it once.")
        )
    tenant = Tenant.objects.get(pk=current_tenant_id())
    given = {
        "dynamic_registration": dynamic_registration,
        "open_registration": open_registration,
        "sandbox_authenticator": sandbox_authenticator,
        "statement_issuers": statement_issuers,
    }
    if sandbox_authenticator and not tenant.is_sandbox:
        raise OptionRefused("sandbox_authenticator", _("A live tenant never has the sandbox authenticator."))
    if open_registration and not tenant.is_sandbox:
        raise OptionRefused(
            "open_registration", _("A live tenant registers nobody without an initial access token.")
        )
    _check_issuers(statement_issuers or {})
    changed: dict[str, Any] = {
        name: value for name, value in given.items() if value is not None and value != getattr(provider, name)
    }
    for name, value in changed.items():
        setattr(provider, name, value)
    if sandbox_authenticator:
        seed_test_persons()
    if changed:
        provider.save(update_fields=list(changed))
        record(Tag.PROVIDER_CHANGED, actor=actor, **changed)
    forget_options()
    return provider


@transaction.atomic
def trust_statements(*, issuer: str, keys: Any, actor: str = "") -> None:
    """Take software statements of this issuer too, signed by these keys (a JWK set); raises OptionRefused."""
    provider = locked_row()
    known = provider.statement_issuers if provider else {}
    set_options(actor=actor, statement_issuers={**known, issuer: keys})


@transaction.atomic
def distrust_statements(*, issuer: str, actor: str = "") -> bool:
    """Take no more software statements of this issuer; False where they were not taken."""
    provider = locked_row()
    if provider is None or issuer not in provider.statement_issuers:
        return False
    left = {name: keys for name, keys in provider.statement_issuers.items() if name != issuer}
    set_options(actor=actor, statement_issuers=left)
    return True


def _check_issuers(issuers: dict[str, Any]) -> None:
    for issuer, keys in issuers.items():
        documents = keys.get("keys") if isinstance(keys, dict) else None
        if not isinstance(documents, list) or not documents:
            text = _("The keys of {issuer} are no key set with a key in it.")
            raise OptionRefused("statement_issuers", format_lazy(text, issuer=issuer))
        for problem in filter(None, map(problem_of_key, documents)):
            text = _("A key of {issuer} cannot be used: {problem}.")
            raise OptionRefused("statement_issuers", format_lazy(text, issuer=issuer, problem=problem))
