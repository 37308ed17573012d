"""Registering relying parties and their secrets; each change stands or falls with its audit row."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.directory import forget_client
from authsvc.clients.fields import put
from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.validation import validate
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.tenancy.scope import current_tenant_id

# The old one and the new one overlap while a partner rolls its secret over; a third is never needed.
SECRETS_AT_ONCE = 2
_FIXED = frozenset({"id", "tenant", "tenant_id", "client_id", "created_at", "registration_digest", "extra"})


@transaction.atomic
def register(
    *, actor: str = "", client_id: str | None = None, registration_digest: str = "", **metadata: Any
) -> tuple[RelyingParty, str | None]:
    """Register a relying party in the tenant in scope, and return it with its secret, shown this once.

    `metadata` are settings (fields.py); `registration_digest` is that of the token by which it changes
    itself (RFC 7592). The secret is None for methods without one. Raises
    RegistrationProblems, field by field.
    """
    _refuse_fixed(metadata)
    party = RelyingParty(tenant_id=current_tenant_id(), registration_digest=registration_digest)
    for name, value in metadata.items():
        put(party, name, value)
    if client_id is not None:
        party.client_id = client_id
    validate(party)
    party.save(force_insert=True)
    record(Tag.CLIENT_CREATED, actor=actor, client=party.client_id, fields=sorted(metadata))
    secret = add_secret(party=party, actor=actor)[1] if party.uses_secret else None
    return party, secret


@transaction.atomic
def change(*, party: RelyingParty, actor: str = "", **metadata: Any) -> RelyingParty:
    """Change settings of a relying party; raises RegistrationProblems and then changes nothing."""
    _refuse_fixed(metadata)
    fresh = RelyingParty.objects.select_for_update(no_key=True).get(pk=party.pk)
    for name, value in metadata.items():
        put(fresh, name, value)
    validate(fresh)
    fresh.save()
    record(Tag.CLIENT_CHANGED, actor=actor, client=fresh.client_id, fields=sorted(metadata))
    forget_client(fresh.client_id)
    return fresh


@transaction.atomic
def suspend(*, party: RelyingParty, actor: str = "") -> None:
    """Refuse a relying party from now on, and take its right to change itself (RFC 7592) away."""
    RelyingParty.objects.filter(pk=party.pk).update(
        status=RelyingParty.Status.SUSPENDED, registration_digest=""
    )
    record(Tag.CLIENT_CHANGED, actor=actor, client=party.client_id, fields=["status"])
    forget_client(party.client_id)


@transaction.atomic
def add_secret(
    *, party: RelyingParty, actor: str = "", expires_at: datetime | None = None
) -> tuple[ClientSecret, str]:
    """Add a secret beside the one in use, and return both its row and its text, shown this once.

    Raises RegistrationProblems where two are live already.
    """
    RelyingParty.objects.select_for_update(no_key=True).get(pk=party.pk)
    if len(live_secrets(party)) >= SECRETS_AT_ONCE:
        raise RegistrationProblems({"secret": [_("Two secrets are in use; revoke one first.")]})
    text = new_secret()
    secret = ClientSecret.objects.create(
        relying_party=party, digest=secret_hash(text), hint=text[-4:], expires_at=expires_at
    )
    record(Tag.CLIENT_SECRET_ADDED, actor=actor, client=party.client_id, hint=secret.hint)
    forget_client(party.client_id)
    return secret, text


@transaction.atomic
def revoke_secret(*, secret: ClientSecret, actor: str = "") -> None:
    """Remove a secret; other processes stop accepting it within ten seconds."""
    party = secret.relying_party
    record(Tag.CLIENT_SECRET_REVOKED, actor=actor, client=party.client_id, hint=secret.hint)
    secret.delete()
    forget_client(party.client_id)


def live_secrets(party: RelyingParty) -> list[ClientSecret]:
    """Return the secrets that have not expired, newest first."""
    return [
        secret
        for secret in party.secrets.order_by("-created_at", "-pk")
        if secret.expires_at is None or secret.expires_at > now()
    ]


def _refuse_fixed(metadata: dict[str, Any]) -> None:
    fixed = sorted(_FIXED & metadata.keys())
    if fixed:
        raise RegistrationProblems({name: [_("cannot be set")] for name in fixed})
