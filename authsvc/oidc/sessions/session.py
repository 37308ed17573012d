"""The browser's session at the provider: single sign-on within the limits of each level."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse

from authsvc.assurance.levels import Assessment, Level
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.devices.models import Device
from authsvc.oidc.models import Session
from authsvc.oidc.tokens.event import Event
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest

COOKIE = "visor_session"
OVERALL = {Level.L4: timedelta(hours=12), Level.L3: timedelta(hours=24), Level.L2: timedelta(hours=24)}
IDLE = {Level.L4: timedelta(minutes=15), Level.L3: timedelta(hours=1), Level.L2: timedelta(hours=1)}
# A session that decayed is worth L1 until it ends altogether.
LIFE = timedelta(hours=24)


def find_session(request: TenantRequest) -> Session | None:
    """Return the live session that the browser's cookie names, or None."""
    secret = request.COOKIES.get(COOKIE)
    if not secret:
        return None
    return (
        Session.objects.select_related("subject", "device")
        .filter(
            digest=secret_hash(secret),
            ended_at=None,
            authenticated_at__gt=now() - LIFE,
            subject__status=Subject.Status.ACTIVE,
        )
        .exclude(device__status=Device.Status.REVOKED)
        .first()
    )


def events_of(session: Session, *, moment: datetime) -> list[Event]:
    """Return what the session is still worth, the strongest first (SB-04).

    An event counts at its level until it is too old or the session lay idle too long, and at L1 after.
    """
    idle = moment - session.last_used_at
    found: dict[Level, Event] = {}
    for name, stored in session.events.items():
        event = _stored(Level[name], stored)
        worth = _decayed(event, idle, moment)
        kept = found.get(worth.level)
        if kept is None or kept.at < worth.at:
            found[worth.level] = worth
    return [found[level] for level in sorted(found, reverse=True)]


def _stored(level: Level, entry: Mapping[str, Any]) -> Event:
    # Sessions of the release before say nothing of a face.
    moment = datetime.fromisoformat(entry["at"])
    return Event(level, tuple(entry["amr"]), moment, entry["policy"], entry.get("face"))


def note_use(session: Session) -> None:
    """Let a session's rest begin anew; where it was changed meanwhile, that change stands."""
    session.move_on(last_used_at=now())


def _decayed(event: Event, idle: timedelta, moment: datetime) -> Event:
    level = event.level
    while level > Level.L1 and (idle > IDLE[level] or moment - event.at > OVERALL[level]):
        level = Level(level - 1)
    return replace(event, level=level)


@transaction.atomic
def begin_session(
    *,
    current: Session | None,
    subject: Subject,
    device: Device | None,
    assessment: Assessment,
    policy: str,
    face: Mapping[str, str] | None = None,
) -> tuple[Session, str | None, Event]:
    """Enter a new authentication into the browser's session, and return it with a new cookie's secret.

    A session of the same person goes on under the same `sid` and the secret is None; another person's
    is replaced by a new one.
    """
    moment = now()
    event = Event(assessment.level, assessment.amr, moment, policy, face)
    entry = {"at": moment.isoformat(), "amr": list(assessment.amr), "policy": policy, "face": face}
    if current is not None and current.subject_id == subject.id:
        current.events = {**current.events, assessment.level.name: entry}
        current.authenticated_at = current.last_used_at = moment
        current.device = device
        current.save(update_fields=["events", "authenticated_at", "last_used_at", "device"])
        return current, None, event
    secret = new_secret()
    session = Session.objects.create(
        digest=secret_hash(secret),
        subject=subject,
        device=device,
        events={assessment.level.name: entry},
        authenticated_at=moment,
        last_used_at=moment,
    )
    return session, secret, event


def set_session_cookie(response: HttpResponse, request: TenantRequest, secret: str) -> None:
    """Hand the session's secret to the browser, for this tenant's path only."""
    response.set_cookie(
        COOKIE,
        secret,
        path=f"/t/{request.tenant.slug}/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_session_cookie(response: HttpResponse, request: TenantRequest) -> None:
    """Take the session's secret from the browser."""
    response.delete_cookie(COOKIE, path=f"/t/{request.tenant.slug}/", samesite="Lax")
