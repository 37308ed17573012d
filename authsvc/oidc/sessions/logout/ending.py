"""Ending sessions with the tokens that hang on them, and noting which relying parties have to hear of it."""

from django.db import transaction
from django.db.models import Q, QuerySet

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.delivery.outbox import put
from authsvc.devices.models import Device
from authsvc.oidc.models import Grant, Session
from authsvc.oidc.sessions.logout.backchannel import LOGOUT
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import revoked_references

_OFFLINE = Q(scope__contains="offline_access")


@transaction.atomic
def end_session(session: Session, *, reason: str) -> bool:
    """End a session that a person leaves; False if it had ended.

    Its access tokens end with it; what was granted for the time while the person is away stays
    (OpenID Connect Back-Channel Logout 1.0 section 2.7).
    """
    moment = now()
    if not Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=moment):
        return False
    grants = Grant.objects.filter(session=session)
    _note_for_clients(session, grants)
    grants.filter(~_OFFLINE, revoked_at=None).update(revoked_at=moment)
    record(Tag.SIGNED_OUT, subject=str(session.subject_id), reason=reason, sid=session.pk)
    return True


@transaction.atomic
def end_everything_of(*, device: Device | None = None, subject: Subject | None = None, reason: str) -> int:
    """End the sessions and every grant of a revoked device or of a person; return how many sessions.

    Exactly one of the two is given (S9.4-13).
    """
    named = {"device": device} if device is not None else {"subject": subject}
    sessions = list(Session.objects.filter(**named, ended_at=None))
    for session in sessions:
        end_session(session, reason=reason)
    Grant.objects.filter(**named, revoked_at=None).update(revoked_at=now())
    return len(sessions)


def end_baseless_sessions() -> int:
    """End what in the tenant in scope rests on a revoked device, a closed person or a revoked reference.

    Whatever revoked them, their sessions and tokens end at the next run of the schedule.
    """
    revoked = Device.objects.filter(
        pk__in=_live_grants().values("device").union(_live_sessions().values("device")),
        status=Device.Status.REVOKED,
    )
    closed = Subject.objects.filter(
        pk__in=_live_grants().values("subject").union(_live_sessions().values("subject")),
        status=Subject.Status.CLOSED,
    )
    count = sum(end_everything_of(device=device, reason="device-revoked") for device in revoked)
    count += sum(end_everything_of(subject=subject, reason="person-closed") for subject in closed)
    count += sum(end_everything_of(subject=subject, reason="reference-revoked") for subject in _faceless())
    return count


def _faceless() -> QuerySet[Subject]:
    # People whose sign-in rests on a face, and whose reference is gone, here or in the vault.
    gone = Q(subject__reference="") | Q(subject__reference__in=revoked_references())
    sessions = _live_sessions().filter(gone).only("subject_id", "events")
    people = {row.subject_id for row in sessions if _rests_on_a_face(row)}
    people |= set(_live_grants().filter(gone).exclude(policy="").values_list("subject_id", flat=True))
    return Subject.objects.filter(pk__in=people)


def _live_sessions() -> QuerySet[Session]:
    return Session.objects.filter(ended_at=None)


def _live_grants() -> QuerySet[Grant]:
    return Grant.objects.filter(revoked_at=None, expires_at__gt=now())


def _rests_on_a_face(session: Session) -> bool:
    return any(event["policy"] for event in session.events.values())


def _note_for_clients(session: Session, grants: QuerySet[Grant]) -> None:
    listening = grants.exclude(client__backchannel_logout_uri="").select_related("client")
    told = {(grant.client_id, grant.sid): grant for grant in listening}
    for grant in told.values():
        put(LOGOUT, client=grant.client, about=session.pk, sub=grant.sub, sid=grant.sid)
