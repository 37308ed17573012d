"""Registering relying parties and their secrets; each change stands or falls with its audit row."""

from copy import copy
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
from authsvc.clients.settings.life import LIVE, REMOVED_AT, STAGE, TEST, UNDO, removed_at
from authsvc.clients.validation import validate
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.core.texts import Text
from authsvc.tenancy.quotas import RELYING_PARTIES, QuotaReached, require_room
from authsvc.tenancy.scope import current_tenant_id

# The old one and the new one overlap while a partner rolls its secret over; a third is never needed.
SECRETS_AT_ONCE = 2
_FIXED = frozenset(
    {
        *("id", "tenant", "tenant_id", "client_id", "created_at", "registration_digest", "extra"),
        *("stage", "removed_at"),
    }
)


@transaction.atomic
def register(
    *,
    actor: str = "",
    client_id: str | None = None,
    registration_digest: str = "",
    in_test: bool = False,
    **metadata: Any,
) -> tuple[RelyingParty, str | None]:
    """Register a relying party in the tenant in scope, and return it with its secret, shown this once.

    `metadata` are settings (fields.py); `registration_digest` is that of the token by which it changes
    itself (RFC 7592). One that is `in_test` lets nobody sign in until it is let live. The secret is None for
    methods without one. Raises
    RegistrationProblems, field by field.
    """
    _refuse_fixed(metadata)
    party = RelyingParty(tenant_id=current_tenant_id(), registration_digest=registration_digest)
    for name, value in metadata.items():
        put(party, name, value)
    if client_id is not None:
        party.client_id = client_id
    if in_test:
        STAGE.put(party, TEST)
    validate(party)
    _require_room()
    party.save(force_insert=True)
    record(Tag.CLIENT_CREATED, actor=actor, client=party.client_id, fields=sorted(metadata))
    secret = add_secret(party=party, actor=actor)[1] if party.uses_secret else None
    return party, secret


def _require_room() -> None:
    there = RelyingParty.objects.unchecked().exclude(status=RelyingParty.Status.REMOVED)
    try:
        require_room(RELYING_PARTIES, there)
    except QuotaReached as problem:
        raise RegistrationProblems({"name": [problem.person]}) from None


def problems_of(**metadata: Any) -> dict[str, list[Text]]:
    """Return what would be wrong with a relying party of these settings, by field; nothing is stored."""
    _refuse_fixed(metadata)
    party = RelyingParty(tenant_id=current_tenant_id())
    for name, value in metadata.items():
        put(party, name, value)
    try:
        validate(party)
    except RegistrationProblems as problems:
        return problems.fields
    return {}


@transaction.atomic
def change(*, party: RelyingParty, actor: str = "", **metadata: Any) -> RelyingParty:
    """Change settings of a relying party; raises RegistrationProblems and then changes nothing."""
    _refuse_fixed(metadata)
    fresh = _locked(party)
    for name, value in metadata.items():
        put(fresh, name, value)
    validate(fresh)
    fresh.save()
    record(Tag.CLIENT_CHANGED, actor=actor, client=fresh.client_id, fields=sorted(metadata))
    forget_client(fresh.client_id)
    return fresh


def try_settings(party: RelyingParty, metadata: dict[str, Any]) -> None:
    """Raise RegistrationProblems where a relying party could not be changed to this; nothing is stored."""
    tried = copy(party)
    for name, value in metadata.items():
        put(tried, name, value)
    validate(tried)


@transaction.atomic
def suspend(*, party: RelyingParty, actor: str = "") -> None:
    """Refuse a relying party from now on, and take its right to change itself (RFC 7592) away."""
    RelyingParty.objects.filter(pk=party.pk).update(
        status=RelyingParty.Status.SUSPENDED, registration_digest=""
    )
    record(Tag.CLIENT_CHANGED, actor=actor, client=party.client_id, fields=["status"])
    forget_client(party.client_id)


@transaction.atomic
def let_live(*, party: RelyingParty, actor: str = "", reason: str) -> None:
    """Let people sign in at a relying party that was in test; `reason` is what that rests on."""
    fresh = _locked(party)
    STAGE.put(fresh, LIVE)
    fresh.save(update_fields=["extra"])
    record(Tag.CLIENT_LIVE, actor=actor, client=fresh.client_id, reason=reason)
    forget_client(fresh.client_id)


@transaction.atomic
def remove(*, party: RelyingParty, actor: str = "") -> None:
    """Delete a relying party: it is refused from now on, and can be brought back for UNDO.

    Its row stays for good, as its client_id goes to nobody else; its right to change itself is taken away.
    """
    fresh = _locked(party)
    fresh.status, fresh.registration_digest = RelyingParty.Status.REMOVED, ""
    REMOVED_AT.put(fresh, now().isoformat())
    fresh.save(update_fields=["status", "registration_digest", "extra"])
    record(Tag.CLIENT_REMOVED, actor=actor, client=fresh.client_id)
    forget_client(fresh.client_id)


@transaction.atomic
def restore(*, party: RelyingParty, actor: str = "") -> bool:
    """Bring a relying party back as it was; False where it is not deleted, or that lies too far back."""
    fresh = _locked(party)
    since = removed_at(fresh)
    if fresh.status != RelyingParty.Status.REMOVED or since is None or now() - since > UNDO:
        return False
    fresh.status = RelyingParty.Status.ACTIVE
    REMOVED_AT.put(fresh, "")
    fresh.save(update_fields=["status", "extra"])
    record(Tag.CLIENT_RESTORED, actor=actor, client=fresh.client_id)
    forget_client(fresh.client_id)
    return True


def _locked(party: RelyingParty) -> RelyingParty:
    return RelyingParty.objects.select_for_update(no_key=True).get(pk=party.pk)


@transaction.atomic
def add_secret(
    *, party: RelyingParty, actor: str = "", old_until: datetime | None = None
) -> tuple[ClientSecret, str]:
    """Add a secret beside the one in use, and return both its row and its text, shown this once.

    `old_until` is when the one in use ends by itself; without it, it ends when it is revoked. Raises
    RegistrationProblems where two are live already.
    """
    _locked(party)
    old = live_secrets(party)
    if len(old) >= SECRETS_AT_ONCE:
        raise RegistrationProblems({"secret": [_("Two secrets are in use; revoke one first.")]})
    for row in old if old_until is not None else ():
        row.expires_at = old_until
        row.save(update_fields=["expires_at"])
    text = new_secret()
    secret = ClientSecret.objects.create(
        relying_party=party, digest=secret_hash(text), hint=text[-4:], expires_at=None
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
