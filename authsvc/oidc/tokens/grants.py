"""Grants and their codes: issued once, redeemed once, revoked with everything made from them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from authsvc.assurance.face import as_claim
from authsvc.assurance.handoff import handoff_claim
from authsvc.audit.services import record, signed
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.offering.provider import session_identifier, subject_identifier
from authsvc.oidc.sql import make, open_grant, redemption, use_of_pushed, use_of_session
from authsvc.oidc.tokens.event import Event
from authsvc.oidc.wire.lifetimes import CODE, REFRESH_TOKEN
from authsvc.tenancy.rows import insert, new_row


@dataclass(frozen=True)
class CodeBinding:
    """What a code is bound to, beside its client."""

    redirect_uri: str
    code_challenge: str
    nonce: str
    dpop_jkt: str


@dataclass(frozen=True)
class Actor:
    """Who authenticated, with which device, and in which browser session, if in one."""

    subject_id: UUID
    device_id: str | None
    session: Session | None = None


def issue_code(
    *,
    client: RelyingParty,
    session: Session,
    event: Event,
    acr: str,
    scope: str,
    claims: dict[str, Any],
    binding: CodeBinding,
    transaction_id: str,
    pushed: str = "",
) -> str | None:
    """Store a grant for one authorization and return its code, which lives 30 s.

    Without a transaction it is the session that was used again, which is noted. All of it is one statement
    (docs/adr/0505): where the `pushed` request has been used before, nothing is stored, and None returned.
    """
    code, moment = new_secret(), now()
    grant = _made(
        client,
        Actor(session.subject_id, session.device_id, session),
        event,
        acr=acr,
        scope=scope,
        transaction=transaction_id,
        claims=claims,
        nonce=binding.nonce,
        redirect_uri=binding.redirect_uri,
        code_challenge=binding.code_challenge,
        code_digest=secret_hash(code),
        code_expires_at=moment + CODE,
        dpop_jkt=binding.dpop_jkt,
    )
    issued = signed(
        Tag.CODE_ISSUED,
        transaction=transaction_id,
        client=client.client_id,
        subject=str(session.subject_id),
        acr=acr,
        amr=list(event.amr),
        **as_claim(event.face),
        **handoff_claim(event.handoff),
        policy=event.policy,
        scope=scope,
    )
    events, along = [issued], None
    if not transaction_id:
        subject = str(session.subject_id)
        events.append(signed(Tag.SESSION_REUSED, client=client.client_id, subject=subject))
        along = use_of_session(session, moment)
    upon = use_of_pushed(pushed, moment) if pushed else None
    return code if insert(events, grant, upon=upon, along=along) else None


def unsaved_grant(
    *,
    client: RelyingParty,
    subject_id: UUID,
    device_id: str | None,
    event: Event,
    acr: str,
    scope: str,
    claims: dict[str, Any],
    binding: CodeBinding,
    transaction_id: str,
) -> Grant:
    """Return the grant that a test sign-in would give; it has no code, and is not kept."""
    return _made(
        client,
        Actor(subject_id, device_id),
        event,
        acr=acr,
        scope=scope,
        claims=claims,
        nonce=binding.nonce,
        redirect_uri=binding.redirect_uri,
        transaction=transaction_id,
    )


def issue_code_of_bench(
    *,
    client: RelyingParty,
    subject_id: UUID,
    event: Event,
    acr: str,
    scope: str,
    claims: dict[str, Any],
    binding: CodeBinding,
) -> str:
    """Store a grant for the test bench, of no session, and return its code; `claims` say what is wrong."""
    code, moment = new_secret(), now()
    _grant(
        client,
        Actor(subject_id, None),
        event,
        acr=acr,
        scope=scope,
        claims=claims,
        nonce=binding.nonce,
        redirect_uri=binding.redirect_uri,
        code_challenge=binding.code_challenge,
        code_digest=secret_hash(code),
        code_expires_at=moment + CODE,
        dpop_jkt=binding.dpop_jkt,
    )
    return code


def grant_by_backchannel(
    *, client: RelyingParty, actor: Actor, event: Event, acr: str, scope: str, transaction_id: str
) -> Grant:
    """Store a grant that no code hands over; its code is a secret that nobody has, and counts as used."""
    moment = now()
    return _grant(
        client,
        actor,
        event,
        acr=acr,
        scope=scope,
        transaction=transaction_id,
        code_digest=secret_hash(new_secret()),
        code_expires_at=moment,
        code_redeemed_at=moment,
    )


def _grant(client: RelyingParty, actor: Actor, event: Event, **fields: Any) -> Grant:
    grant = _made(client, actor, event, **fields)
    insert([grant])
    return grant


def _made(client: RelyingParty, actor: Actor, event: Event, **fields: Any) -> Grant:
    moment = now()
    return new_row(
        Grant,
        client_id=client.pk,
        subject_id=actor.subject_id,
        device_id=actor.device_id,
        session_id=actor.session.pk if actor.session else None,
        sub=subject_identifier(client, actor.subject_id),
        sid=session_identifier(client, actor.session.pk) if actor.session else "",
        amr=list(event.amr),
        face=event.face,
        handoff=event.handoff,
        policy=event.policy,
        auth_time=event.at,
        created_at=moment,
        expires_at=moment + REFRESH_TOKEN,
        **fields,
    )


def find_open_code(code: str) -> Grant | None:
    """Return the grant of a code, or None where that is unknown or was redeemed."""
    return open_grant(secret_hash(code))


def use_code_up(grant: Grant) -> bool:
    """Mark a code redeemed for which nothing is issued; False where somebody was before.

    The row stays, as that of a code that was redeemed for tokens, so that a replay can revoke these.
    """
    return make(redemption(grant, now()))


def find_by_code(code: str) -> Grant | None:
    """Return the grant that a code belongs to, redeemed or not."""
    return Grant.objects.filter(code_digest=secret_hash(code)).first()


@transaction.atomic
def revoke_grant(grant: Grant, *, tag: Tag, client_id: str, reason: str = "") -> None:
    """End a grant: every token made from it is refused from now on."""
    if Grant.objects.filter(pk=grant.pk, revoked_at=None).update(revoked_at=now()):
        record(
            tag,
            transaction=grant.transaction,
            client=client_id,
            subject=str(grant.subject_id),
            reason=reason,
            grant=grant.pk,
        )
