"""Events of the log as people read them: what happened, by whom, about whom and where, with their names."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from authsvc.audit.models import AuditEvent
from authsvc.audit.reading import numbered
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.texts import Text
from authsvc.management.attacks import ATTACKS
from authsvc.management.attempts.reasons import reason_text
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction


@dataclass(frozen=True)
class Line:
    """An event with the names of whom and what it is about: None where it is about none that is known.

    `attempt` is the id of the attempt that it happened in, "" where that is not there any more.
    """

    event: AuditEvent
    person: Subject | None
    party: RelyingParty | None
    attempt: str

    @property
    def words(self) -> Text:
        """What happened, as a sentence."""
        return self.event.words or self.event.tag

    @property
    def because(self) -> Text:
        """What its reason means; the bare code where nobody wrote that down."""
        return reason_text(self.event.reason) or self.event.reason

    @property
    def is_alarm(self) -> bool:
        """Whether no honest participant does this."""
        return any(tag.is_alarm for tag in Tag if tag == self.event.tag)


_REFUSING: Final = ("refused", "failed", "denied", "wrong", "reused")

GROUPS: Final[Mapping[str, tuple[Text, tuple[str, ...]]]] = {
    "sign-ins": (_("Sign-ins and enrolments"), ("transaction:", "capture:", "oidc:", "liveness:")),
    "people": (_("People and their consents"), ("enrolment:", "privacy:", "person:", "portal:subject:")),
    "team": (_("Administrators"), ("portal:admin:", "portal:approval:")),
    "parties": (_("Relying parties"), ("portal:client:", "oidc:client:", "oidc:initial-token:")),
    "keys": (
        _("Keys, policy and address"),
        ("keys:", "policy:", "portal:host:", "biometrics:", "oidc:provider:"),
    ),
    "references": (_("References of faces"), ("vault:",)),
    "platform": (_("The log and the installation"), ("platform:", "portal:log:", "seals:")),
}
"""Kinds of events, each by what its tags begin with."""


def of_kind(group: str) -> Q:
    """Return the condition on events of a kind: of GROUPS, of ATTACKS, of "alarms", or of "refusals"."""
    if group in ATTACKS:
        return ATTACKS[group].condition
    if group == "alarms":
        return Q(tag__in=[tag for tag in Tag if tag.is_alarm])
    if group == "refusals":
        return Q(tag__in=[tag for tag in Tag if tag.endswith(_REFUSING)])
    return Q(tag__in=[tag for tag in Tag if tag.startswith(GROUPS[group][1])])


def listed(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Return events as `told` takes them: with their numbers, and whether their attempt is still there."""
    # Its id, and not whether there is one: PostgreSQL may read all attempts to tell that of fifty.
    attempts = Transaction.objects.unchecked().filter(pk=OuterRef("transaction")).values("pk")
    return numbered(events).annotate(attempt=Subquery(attempts[:1]))


def told(events: Sequence[AuditEvent]) -> list[Line]:
    """Return events of `listed` as lines, in two statements whatever their number."""
    people = _people({event.subject for event in events})
    parties = _parties({event.client for event in events} - {""})
    return [
        Line(
            event,
            people.get(event.subject),
            parties.get(event.client),
            getattr(event, "attempt", None) or "",
        )
        for event in events
    ]


def _people(ids: Iterable[str]) -> dict[str, Subject]:
    known = Subject.objects.unchecked().only("name").in_bulk([each for each in map(_uuid, ids) if each])
    return {str(pk): person for pk, person in known.items()}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _parties(client_ids: Iterable[str]) -> dict[str, RelyingParty]:
    rows = RelyingParty.objects.unchecked().only("name", "client_id").filter(client_id__in=client_ids)
    return {row.client_id: row for row in rows}
