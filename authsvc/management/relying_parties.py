"""Relying parties and their secrets; what is right or wrong with a setting is decided in authsvc.clients."""

from typing import Any

from django.db.models import QuerySet

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients import services
from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.management.acting import act
from authsvc.management.actors import Actor

_REFUSALS = (Tag.REQUEST_REFUSED, Tag.TOKEN_REFUSED)
_RECENT = 10


@act
def register(*, by: Actor, **settings: Any) -> tuple[RelyingParty, str | None]:
    """Register a relying party, and return it with its secret, shown this once; None for methods without.

    `settings` are fields of RelyingParty. Raises RegistrationProblems, field by field.
    """
    return services.register(actor=by.name, **settings)


@act
def change(*, by: Actor, party: RelyingParty, **settings: Any) -> RelyingParty:
    """Change fields of a relying party; raises RegistrationProblems and then changes nothing."""
    return services.change(party=party, actor=by.name, **settings)


@act
def add_secret(*, by: Actor, party: RelyingParty) -> str:
    """Add a secret beside the one in use, and return its text, shown this once.

    Raises RegistrationProblems where two are live already.
    """
    return services.add_secret(party=party, actor=by.name)[1]


@act
def revoke_secret(*, by: Actor, secret: ClientSecret) -> None:
    """Remove a secret; other processes stop accepting it within ten seconds."""
    services.revoke_secret(secret=secret, actor=by.name)


def note_refusal(problems: RegistrationProblems, *, actor: Actor, party: RelyingParty | None = None) -> None:
    """Record that settings were refused, by the names of the fields, once what was tried is rolled back."""
    record(
        Tag.CLIENT_REFUSED,
        actor=actor.name,
        client=party.client_id if party is not None else "",
        reason="settings",
        fields=sorted(problems.fields),
    )


def secrets_of(party: RelyingParty) -> list[ClientSecret]:
    """Return the secrets that have not expired, newest first."""
    return services.live_secrets(party)


def room_for_secret(party: RelyingParty, secrets: list[ClientSecret]) -> bool:
    """Whether another secret can be added beside those that are live."""
    return party.uses_secret and len(secrets) < services.SECRETS_AT_ONCE


def refusals_of(party: RelyingParty) -> QuerySet[AuditEvent]:
    """Return the last requests of a relying party that were refused, the newest first."""
    found = AuditEvent.objects.filter(client=party.client_id, tag__in=_REFUSALS)
    return found.order_by("-sequence")[:_RECENT]
