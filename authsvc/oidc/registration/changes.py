"""Registering, changing and removing a relying party that speaks for itself."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.services import add_secret, change, live_secrets, register, revoke_secret, suspend
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.oidc.models import Grant
from authsvc.oidc.offering.provider import provider_options
from authsvc.oidc.registration.access import require_initial_token, spend_initial_token
from authsvc.oidc.registration.documents import fields_of
from authsvc.oidc.registration.sector import default_subject_type, sector_shown
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant

ACTOR = "dynamic registration"


def register_itself(request: TenantRequest, document: dict[str, Any]) -> tuple[RelyingParty, str | None, str]:
    """Return the new relying party, its secret or None, and its registration access token.

    Raises RequestRefused without an initial access token where the tenant asks for one, and
    RegistrationProblems.
    """
    by_token = not provider_options().open_registration
    if by_token:
        # Before the metadata make this server fetch anything.
        require_initial_token(request)
    fields = _checked(document, request.tenant)
    token = new_secret()
    with transaction.atomic():
        if by_token:
            spend_initial_token(request)
        live = not request.tenant.is_sandbox
        digest = secret_hash(token)
        party, secret = register(actor=ACTOR, registration_digest=digest, in_test=live, **fields)
        record(Tag.CLIENT_REGISTERED_ITSELF, client=party.client_id)
    return party, secret, token


def change_itself(party: RelyingParty, document: dict[str, Any]) -> tuple[RelyingParty, str | None]:
    """Replace all metadata (RFC 7592 section 2.2), and return a secret where the client needs a first one.

    Raises RegistrationProblems and then changes nothing.
    """
    fields = _checked(document, party.tenant, before=party)
    with transaction.atomic():
        fresh = change(party=party, actor=ACTOR, **fields)
        held = live_secrets(fresh)
        if fresh.uses_secret and not held:
            return fresh, add_secret(party=fresh, actor=ACTOR)[1]
        if not fresh.uses_secret:
            for secret in held:
                revoke_secret(secret=secret, actor=ACTOR)
    return fresh, None


@transaction.atomic
def remove_itself(party: RelyingParty) -> None:
    """End a registration (RFC 7592 section 2.3): nothing that it was given works any more.

    The row stays, suspended, because past sign-ins and the audit log speak of it.
    """
    Grant.objects.filter(client=party, revoked_at=None).update(revoked_at=now())
    suspend(party=party, actor=ACTOR)


def _checked(document: dict[str, Any], tenant: Tenant, before: RelyingParty | None = None) -> dict[str, Any]:
    fields = fields_of(document)
    fields["sector"] = sector_shown(fields)
    fields["sector_covers_keys"] = bool(fields["sector"] and fields["backchannel_token_delivery_mode"])
    if "subject_type" not in document:
        fields["subject_type"] = default_subject_type(fields, sandbox=tenant.is_sandbox)
    if not tenant.is_sandbox:
        _refuse_what_others_decide(fields, before or RelyingParty())
    return fields


def _refuse_what_others_decide(fields: dict[str, Any], before: RelyingParty) -> None:
    """Refuse identifiers that are the same everywhere, which join what sites know of people (S10-09)."""
    row = FIELDS["subject_type"]
    if row.needs_approval(before, fields["subject_type"]):
        said = _("This is for the organisation to allow; register as pairwise.")
        raise RegistrationProblems({"subject_type": [said]})
