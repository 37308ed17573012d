"""What a developer can let happen, and the evidence that stands for it."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.evidence import Agent, PasskeyProof, Proven
from authsvc.assurance.levels import Level
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.components import Component
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction


class Outcome(StrEnum):
    """The choices of the form; the values are its stable option values."""

    LEVEL_1 = "accepted-l1"
    LEVEL_2 = "accepted-l2"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    CONSENT_DENIED = "consent-denied"


LABELS = {
    Outcome.LEVEL_2: _("Accepted at L2"),
    Outcome.LEVEL_1: _("Accepted at L1"),
    Outcome.REFUSED: _("Refused"),
    Outcome.TIMED_OUT: _("Timed out"),
    Outcome.CONSENT_DENIED: _("Accepted at L2, then consent denied"),
}


class NotASandbox(Exception):
    """The sandbox authenticator was asked for where it must not be."""


@database.atomic
def decide(row: Transaction, *, tenant: Tenant, subject: Subject, outcome: Outcome) -> None:
    """End a transaction as the developer chose; raises NotASandbox outside a sandbox.

    The level is computed from this evidence like from any other; nothing is asserted here.
    """
    if not sandbox_offered(tenant):
        raise NotASandbox(tenant.slug)
    moment = now()
    running = Transaction.objects.filter(pk=row.pk, state=Transaction.State.OPEN)
    if outcome == Outcome.REFUSED:
        changed = running.update(state=Transaction.State.CANCELLED, ended_at=moment)
    elif outcome == Outcome.TIMED_OUT:
        changed = running.update(state=Transaction.State.EXPIRED, ended_at=moment)
    else:
        level = Level.L1 if outcome == Outcome.LEVEL_1 else Level.L2
        changed = running.update(
            state=Transaction.State.DECIDED,
            subject=subject,
            stored_evidence=_proven(level, moment, row.evidence.components).to_json(),
            decided_at=moment,
        )
    if changed:
        record(Tag.SANDBOX_DECIDED, transaction=row.pk, subject=str(subject.id), outcome=outcome.value)


def _proven(level: Level, moment: datetime, touched: tuple[Component, ...]) -> Proven:
    passkey = PasskeyProof(
        device="sandbox", kind="swk", user_verified=level >= Level.L2, attested=False, share_kind=""
    )
    return Proven(passkey, Agent("sandbox", "form"), at=moment.isoformat(), components=touched)
