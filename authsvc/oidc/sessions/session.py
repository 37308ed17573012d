"""The browser's session at the provider: single sign-on within the limits of each level."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpResponse

from authsvc.assurance.handoff import handoff_claim
from authsvc.assurance.levels import Level
from authsvc.core import cookies
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.devices.models import Device
from authsvc.oidc.models import Session
from authsvc.oidc.sql import live_session
from authsvc.oidc.tokens.event import Event
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.rows import insert, new_row

OVERALL = {Level.L4: timedelta(hours=12), Level.L3: timedelta(hours=24), Level.L2: timedelta(hours=24)}
IDLE = {Level.L4: timedelta(minutes=15), Level.L3: timedelta(hours=1), Level.L2: timedelta(hours=1)}
# A session that decayed is worth L1 until it ends altogether.
LIFE = timedelta(hours=24)


def session_cookie(tenant: Tenant) -> str:
    """Return the name of the cookie that holds the secret of a browser's session at a tenant."""
    return cookies.host_name(f"visor_session_{tenant.slug}")


def holds_cookie(request: TenantRequest) -> bool:
    """Whether the browser sent a session's cookie along, of whatever worth."""
    return session_cookie(request.tenant) in request.COOKIES


def find_session(request: TenantRequest) -> Session | None:
    """Return the live session that the browser's cookie names, or None."""
    secret = request.COOKIES.get(session_cookie(request.tenant))
    if not secret:
        return None
    return live_session(secret_hash(secret), now() - LIFE)


def events_of(session: Session, *, moment: datetime) -> list[Event]:
    """Return what the session is still worth, the strongest first (SB-04).

    An event counts at its level until it is too old or the session lay idle too long, and at L1 after.
    """
    idle = moment - session.last_used_at
    found: dict[Level, Event] = {}
    for name, stored in session.events.items():
        worth = _decayed(_stored(Level[name], stored), idle, moment)
        kept = found.get(worth.level)
        if kept is None or kept.at < worth.at:
            found[worth.level] = worth
    return [found[level] for level in sorted(found, reverse=True)]


def event_of_moment(session: Session, moment: datetime) -> Event | None:
    """Return the event that was entered into the session at that moment, None where it is there no more."""
    events = (_stored(Level[name], stored) for name, stored in session.events.items())
    return next((event for event in events if event.at == moment), None)


def _stored(level: Level, entry: Mapping[str, Any]) -> Event:
    # Sessions of releases before say nothing of a face, or of a second device.
    moment = datetime.fromisoformat(entry["at"])
    said = (entry["policy"], entry.get("face"), entry.get("handoff", ""))
    return Event(level, tuple(entry["amr"]), moment, *said)


def _decayed(event: Event, idle: timedelta, moment: datetime) -> Event:
    level = event.level
    while level > Level.L1 and (idle > IDLE[level] or moment - event.at > OVERALL[level]):
        level = Level(level - 1)
    return replace(event, level=level)


@transaction.atomic
def begin_session(
    *, current: Session | None, subject: Subject, device: Device | None, event: Event
) -> tuple[Session, str]:
    """Enter an authentication into the browser's session, and return it with the secret of its cookie.

    The secret is new at each authentication, a step up too: whoever had the one before holds nothing.
    `current` is the browser's session so far, of the same person, which goes on under it.
    """
    secret = new_secret()
    if current is not None and _go_on(current, secret, device, event):
        return current, secret
    session = new_row(
        Session,
        digest=secret_hash(secret),
        subject_id=subject.pk,
        device_id=device.pk if device is not None else None,
        events=_entry(event),
        authenticated_at=event.at,
        last_used_at=event.at,
    )
    session.subject, session.device = subject, device
    insert([session])
    return session, secret


def _go_on(current: Session, secret: str, device: Device | None, event: Event) -> bool:
    """Enter an event under a new secret; False where the session ended, or another tab renewed it first."""
    return current.move_on(
        digest=secret_hash(secret),
        device=device,
        events={**current.events, **_entry(event)},
        authenticated_at=event.at,
        last_used_at=event.at,
    )


def _entry(event: Event) -> dict[str, Any]:
    amr = list(event.amr)
    stored = {"at": event.at.isoformat(), "amr": amr, "policy": event.policy, "face": event.face}
    stored |= handoff_claim(event.handoff)
    return {event.level.name: stored}


def set_session_cookie(response: HttpResponse, request: TenantRequest, secret: str) -> None:
    """Hand the session's secret to the browser; it is named after the tenant, whose alone it is."""
    cookies.keep(response, session_cookie(request.tenant), secret)


def forget_session_cookie(response: HttpResponse, request: TenantRequest) -> None:
    """Take the session's secret from the browser."""
    cookies.forget(response, session_cookie(request.tenant))
