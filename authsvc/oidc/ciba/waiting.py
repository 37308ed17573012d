"""A request that waits for its person: opened, approved or denied once, never both."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from authsvc.assurance.face import face_said
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.assurance import floor_of
from authsvc.core.clock import now
from authsvc.core.ids import new_id, new_secret, secret_hash
from authsvc.core.texts import Text
from authsvc.delivery.outbox import hasten, put
from authsvc.oidc.ciba.limits import hint_digest, refusal_of_person, spend_hint
from authsvc.oidc.ciba.ping import PING, seal_callback
from authsvc.oidc.ciba.telling import told_later
from authsvc.oidc.consents.consent import consent_needed, remember_consent, words_of
from authsvc.oidc.interaction import assessment_of
from authsvc.oidc.models import BackchannelRequest
from authsvc.oidc.requests.reached import face_missing, presence_missing, reported_acr
from authsvc.oidc.requests.wanted import Context, Wanted
from authsvc.oidc.tokens.event import Event
from authsvc.oidc.tokens.grants import Actor, grant_by_backchannel
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction

State = BackchannelRequest.State


def open_request(asked: Context) -> tuple[str, BackchannelRequest]:
    """Store what is asked, and return its auth_req_id, of which only the digest is readable, and the row.

    Raises RequestRefused where the relying party asks for one hint too often. What is asked of nobody, or of
    somebody who is asked too often, reaches nobody.
    """
    spend_hint(asked)
    return _store(asked)


@transaction.atomic
def _store(asked: Context) -> tuple[str, BackchannelRequest]:
    wanted, backchannel, refusal = asked.wanted, asked.backchannel, refusal_of_person(asked)
    auth_req_id, identifier, moment = new_secret(), new_id(), now()
    row = BackchannelRequest.objects.create(
        id=identifier,
        digest=secret_hash(auth_req_id),
        client=asked.client,
        subject=None if refusal else backchannel.subject,
        hint=hint_digest(asked),
        scope=" ".join(wanted.scope),
        acr_values=wanted.acr_values,
        binding_message=backchannel.binding_message,
        sealed_callback=seal_callback(identifier, auth_req_id, backchannel.notification_token),
        interval=BackchannelRequest.INTERVAL,
        created_at=moment,
        expires_at=moment + backchannel.life,
    )
    if asked.client.backchannel_token_delivery_mode == RelyingParty.BackchannelMode.PING:
        put(PING, client=asked.client, about=identifier, due_at=row.expires_at)
    record(
        Tag.BACKCHANNEL_ASKED,
        client=asked.client.client_id,
        subject=_whom(row),
        reason=refusal,
        request=row.pk,
    )
    told_later(row)
    return auth_req_id, row


def waiting_for(subject: Subject) -> QuerySet[BackchannelRequest]:
    """Return what waits for a person's answer, oldest first."""
    rows = BackchannelRequest.objects.filter(subject=subject, state=State.PENDING, expires_at__gt=now())
    asking = rows.filter(client__status=RelyingParty.Status.ACTIVE)
    return asking.select_related("client", "subject").order_by("created_at")


@dataclass(frozen=True)
class Shown:
    """A request as its person sees it before they answer; `data` is what the relying party will receive.

    `shares` says that to approve it is also to agree to that, as on the consent page of any other sign-in.
    """

    request: BackchannelRequest
    data: list[Text]
    shares: bool


def shown(row: BackchannelRequest) -> Shown:
    """Return what the approval page says of a request that has a person."""
    assert row.subject is not None
    wanted = wanted_by(row)
    return Shown(row, words_of(wanted.scope), consent_needed(row.client, row.subject, wanted))


def wanted_by(row: BackchannelRequest) -> Wanted:
    """Return the request in the form that every other sign-in has."""
    return Wanted(
        client_id=row.client.client_id, scope=row.scope.split(), acr_values=row.acr_values, prompt=["login"]
    )


@dataclass(frozen=True)
class Awaited:
    """A backchannel request in the transaction that is to answer it; `id` is the request's row.

    `message` are its words for the person, who sees them until it is answered.
    """

    wanted: Wanted
    id: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON: a sign-in's request like any other, which says whom it answers."""
        return {**self.wanted.to_json(), "backchannel": self.id, "binding_message": self.message}


def awaited(row: BackchannelRequest) -> Awaited:
    """Return a request as the transaction that answers it keeps it."""
    return Awaited(wanted_by(row), row.pk, row.binding_message)


@transaction.atomic
def approve(row: BackchannelRequest, consumed: Transaction) -> None:
    """Take a fresh authentication as the answer; raises RequestRefused, and then nothing has changed.

    Another person's authentication answers nothing, and a level under the relying party's floor is not
    enough (S6.4-03).
    """
    if consumed.subject is None or consumed.subject_id != row.subject_id:
        raise _refused("ciba-person", "another person", "the person of the hint")
    _require_registered(row.client)
    assessment, wanted = assessment_of(consumed), wanted_by(row)
    acr = reported_acr(assessment.level, wanted, row.client)
    if acr is None:
        raise _refused("acr-reached", assessment.level.name, floor_of(row.client, wanted.scope).name)
    if face_missing(assessment.amr, wanted, row.client):
        raise _refused("face-demanded", " ".join(assessment.amr), "face among the methods")
    proven = consumed.evidence
    if presence_missing(face_said(proven), wanted, row.client):
        raise _refused("presence-demanded", "no living person before a camera", "presence")
    if consent_needed(row.client, consumed.subject, wanted):
        # The page named what is shared, and the person went on from it.
        remember_consent(row.client, consumed.subject, wanted)
    event = Event(assessment.level, assessment.amr, _moment(consumed), proven.policy, face_said(proven))
    grant = grant_by_backchannel(
        client=row.client,
        actor=Actor(consumed.subject.pk, consumed.device_id),
        event=event,
        acr=acr,
        scope=row.scope,
        transaction_id=consumed.pk,
    )
    _settle(row, State.APPROVED, Tag.BACKCHANNEL_APPROVED, grant_id=grant.pk, transaction=consumed.pk)


@transaction.atomic
def deny(row: BackchannelRequest, *, transaction_id: str = "", reason: str = "") -> None:
    """Answer no; raises RequestRefused where it has been answered or is over."""
    _settle(
        row, State.DENIED, Tag.BACKCHANNEL_DENIED, grant_id=None, transaction=transaction_id, reason=reason
    )


def _settle(
    row: BackchannelRequest,
    state: str,
    tag: Tag,
    *,
    grant_id: str | None,
    transaction: str,
    reason: str = "",
) -> None:
    moment = now()
    unanswered = BackchannelRequest.objects.filter(pk=row.pk, state=State.PENDING, expires_at__gt=moment)
    if not unanswered.update(state=state, grant_id=grant_id, answered_at=moment):
        raise _refused("ciba-waiting", "an answered or expired request", "a request that waits")
    hasten(PING, about=row.pk)
    record(
        tag,
        client=row.client.client_id,
        subject=_whom(row),
        transaction=transaction,
        reason=reason,
        request=row.pk,
    )


def _whom(row: BackchannelRequest) -> str:
    return str(row.subject_id or "")


def _require_registered(client: RelyingParty) -> None:
    """Refuse a relying party that has changed into one that cannot ask like this, and is known otherwise."""
    if client.status != RelyingParty.Status.ACTIVE or not client.backchannel_token_delivery_mode:
        raise _refused("ciba-registered", "a client without it", "one that starts sign-ins without a browser")


def _moment(consumed: Transaction) -> datetime:
    return consumed.decided_at or now()


def _refused(rule: str, came: str, expected: str) -> RequestRefused:
    return RequestRefused(
        "access_denied", "The request was not approved.", rule=rule, came=came, expected=expected
    )
