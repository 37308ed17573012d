"""Visits: begun by a passkey, over after a quarter of an hour of rest, an hour, or the person's leaving."""

from datetime import timedelta

from django.db import transaction as database
from django.http import HttpResponse

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core import cookies
from authsvc.core.clock import now
from authsvc.core.ids import new_secret, secret_hash
from authsvc.core.proven import note_proof
from authsvc.devices.models import Device
from authsvc.management.actors import Person
from authsvc.person.models import Visit
from authsvc.subjects.models import Subject
from authsvc.tenancy.middleware import TenantRequest
from authsvc.transactions.models import Transaction

IDLE = timedelta(minutes=15)
LIFE = timedelta(hours=1)
_COOKIE = "visor_me"


class PersonRequest(TenantRequest):
    """A request of somebody who is at their own page."""

    visit: Visit


def actor(visit: Visit) -> Person:
    """Return who performs acts in a visit."""
    return Person(subject_id=visit.subject_id, proven_at=visit.proven_at)


@database.atomic
def begin_visit(consumed: Transaction) -> str:
    """Begin a visit with a passkey that was just used for it, and return its cookie's secret."""
    assert consumed.subject is not None
    assert consumed.device is not None
    secret, moment = new_secret(), now()
    Visit.objects.create(
        digest=secret_hash(secret),
        subject=consumed.subject,
        device=consumed.device,
        proven_at=moment,
        last_used_at=moment,
    )
    record(Tag.OWN_PAGE_OPENED, transaction=consumed.id, subject=str(consumed.subject_id))
    return secret


def find_visit(request: TenantRequest) -> Visit | None:
    """Return the browser's live visit, whose rest begins anew, or None."""
    visit = recent_visit(request)
    if visit is None or visit.device.status != Device.Status.ACTIVE:
        return None
    visit.move_on(last_used_at=now())
    note_proof()
    return visit


def recent_visit(request: TenantRequest) -> Visit | None:
    """Return the browser's visit also where the passkey that it began with has been revoked.

    It still shows the receipt of that, and nothing else.
    """
    moment = now()
    found = Visit.objects.select_related("subject", "device").filter(
        digest=secret_hash(request.COOKIES.get(cookie_name(), "")),
        last_used_at__gt=moment - IDLE,
        proven_at__gt=moment - LIFE,
        ended_at=None,
        subject__status=Subject.Status.ACTIVE,
    )
    return found.first()


@database.atomic
def end_visit(visit: Visit) -> None:
    """End a visit because the person leaves, or comes in anew."""
    if Visit.objects.filter(pk=visit.pk, ended_at=None).update(ended_at=now()):
        record(Tag.OWN_PAGE_LEFT, subject=str(visit.subject_id))


def cookie_name() -> str:
    """Return the name of the cookie."""
    return cookies.host_name(_COOKIE)


def set_visit_cookie(response: HttpResponse, secret: str) -> None:
    """Hand a visit's secret to the browser; no other site's link or form brings it along."""
    cookies.keep(response, cookie_name(), secret, samesite="Strict")


def forget_visit_cookie(response: HttpResponse) -> None:
    """Take a visit's secret from the browser."""
    cookies.forget(response, cookie_name(), samesite="Strict")
