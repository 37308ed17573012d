"""A tenant's provider options, remembered for ten seconds, and its pairwise identifiers."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings

from authsvc.clients.models import RelyingParty
from authsvc.clients.sectors import sector_of
from authsvc.core.envelope import context
from authsvc.core.ids import b64u
from authsvc.core.remembered import Remembered
from authsvc.keys.kek import TOKEN, kek, may_use
from authsvc.oidc.models import Provider
from authsvc.seals.rows import believed
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id


@dataclass(frozen=True)
class Options:
    """What the tenant offers; `pairwise_secret` is opened."""

    pairwise_secret: bytes
    dynamic_registration: bool
    open_registration: bool
    sandbox_authenticator: bool
    statement_issuers: dict[str, Any]


_options: Remembered[UUID, Options] = Remembered(seconds=10)


def provider_options() -> Options:
    """Return the options of the tenant in scope; its row is made at the first use."""
    tenant_id = current_tenant_id()
    return _options.get_or_make(tenant_id, lambda: _load(tenant_id))


def sandbox_offered(tenant: Tenant) -> bool:
    """Whether the sandbox's form stands in place of the capture page: a sandbox that turned it on (SA-02).

    Call in the tenant's scope.
    """
    return (
        settings.SANDBOX_AUTHENTICATOR_ENABLED
        and tenant.is_sandbox
        and provider_options().sandbox_authenticator
    )


def locked_row() -> Provider | None:
    """Return the row of the tenant in scope, locked for a change.

    It is made now where it is missing. A process that may not make its secret (the portal, S6.1-01)
    gets None instead.
    """
    if may_use(TOKEN):
        # Not by `provider_options`, which would remember the row of a transaction that is rolled back.
        _load(current_tenant_id())
    return Provider.objects.unchecked().select_for_update().first()


def forget_options() -> None:
    """Drop what this process remembers of the tenant in scope."""
    _options.forget(current_tenant_id())


def subject_identifier(client: RelyingParty, subject_id: UUID) -> str:
    """Return the `sub` that a relying party knows a person by (OpenID Connect Core section 8.1).

    Pairwise: an HMAC over sector and person, so that two sectors cannot be joined (S10-09). Public
    identifiers are made in the same way from an empty sector, and say nothing about the person either.
    """
    sector = "" if client.subject_type == "public" else sector_of(client)
    message = context("visor/sub/v1", sector, str(subject_id))
    return b64u(hmac.digest(provider_options().pairwise_secret, message, hashlib.sha256))


def session_identifier(client: RelyingParty, session_id: str) -> str:
    """Return the `sid` that a relying party knows a session by: each another, so that none can be joined."""
    message = context("visor/sid/v1", client.pk, session_id)
    return b64u(hmac.digest(provider_options().pairwise_secret, message, hashlib.sha256))


def pairwise_context(tenant_id: UUID) -> bytes:
    """Return what a tenant's sealed secret of pairwise subjects is bound to."""
    return context("visor/pairwise/v1", str(tenant_id))


def _load(tenant_id: UUID) -> Options:
    aad = pairwise_context(tenant_id)
    row, _made = Provider.objects.unchecked().get_or_create(
        tenant_id=tenant_id,
        defaults={"sealed_pairwise_secret": kek(TOKEN).wrap(os.urandom(32), aad)},
    )
    # Where somebody altered what is offered, nothing beyond sign-ins is; the secret is sealed by itself.
    offered = row if believed(row) else Provider()
    return Options(
        pairwise_secret=kek(TOKEN).unwrap(bytes(row.sealed_pairwise_secret), aad),
        dynamic_registration=offered.dynamic_registration,
        open_registration=offered.open_registration,
        sandbox_authenticator=offered.sandbox_authenticator,
        statement_issuers=offered.statement_issuers,
    )
