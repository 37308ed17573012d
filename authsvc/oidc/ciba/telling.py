"""Telling a person that a relying party asks: on their devices, by mail where none takes it, or not now.

Which way it goes is found out by the process that delivers. Whoever asks waits no longer for somebody who is
known here than for nobody, and the outbox says the same of both (ADR 0287).
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.branding.mails import dress
from authsvc.core.clock import now
from authsvc.core.components import ComponentKind
from authsvc.core.envelope import CannotOpen
from authsvc.delivery.calling import TAKEN
from authsvc.delivery.kinds import Call, Kind, Letter, Outcome, register
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import put, take
from authsvc.hosts.places import tenant_address
from authsvc.oidc.models import BackchannelRequest
from authsvc.reach.message import headers, sealed_message, words
from authsvc.reach.models import Preference, Subscription
from authsvc.reach.subscriptions import address_of, subscriptions_of, unsubscribe
from authsvc.reach.wishes import mail_address_of, quiet_until, wish_of
from authsvc.subjects.language import language_of
from authsvc.subjects.models import Subject

# A service that is busy or ill is asked again while the request still waits.
_WAITS: Final = (timedelta(seconds=3), timedelta(seconds=10), timedelta(seconds=30))
# The browser has given its address up (RFC 8030 section 7.3).
_GONE: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_WORTH_A_RETRY: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def told_later(row: BackchannelRequest) -> None:
    """Put into the outbox that the person of a request is to be told, also where it has nobody."""
    put(TELL, client=row.client, about=row.pk)


def told_by(row: BackchannelRequest) -> tuple[ComponentKind, ...]:
    """Return the ways by which the person of a request was told that it waits; none who found it."""
    ways: dict[str, ComponentKind] = {PUSH.name: "push", MAIL.name: "mail"}
    arrived = Delivery.objects.filter(about=row.pk, kind__in=ways, delivered_at__isnull=False)
    return tuple(ways[kind] for kind in sorted(set(arrived.values_list("kind", flat=True))))


@transaction.atomic
def _choose(delivery: Delivery) -> None:
    """Put what goes to the person into the outbox, by the ways that there are; itself it sends nothing."""
    row = _waiting(delivery)
    if row is None or row.subject is None or not take(delivery):
        return
    quiet = quiet_until(row.subject, now())
    if quiet is not None:
        _wait_for_the_end_of(quiet, row)
        return
    found = list(subscriptions_of(row.subject)) if _takes_pushes(row.subject) else []
    for subscription in found:
        put(PUSH, client=row.client, about=row.pk, subscription=subscription.pk)
    if not found:
        _write_instead(row)


def _wait_for_the_end_of(quiet: datetime, row: BackchannelRequest) -> None:
    """Let quiet reign; the request can be found on the person's own page meanwhile."""
    _note(row, Tag.PERSON_NOT_TOLD, way="", reason="quiet-hours")
    if quiet < row.expires_at:
        put(TELL, client=row.client, about=row.pk, due_at=quiet)


def _takes_pushes(subject: Subject) -> bool:
    return wish_of(subject).way == Preference.Way.PUSH


def _write_instead(row: BackchannelRequest) -> None:
    assert row.subject is not None
    if mail_address_of(row.subject):
        put(MAIL, client=row.client, about=row.pk)
    else:
        _note(row, Tag.PERSON_NOT_TOLD, way="", reason="no-way")


def _push(delivery: Delivery) -> Call | None:
    row, subscription = _waiting(delivery), _subscription(delivery)
    if row is None or subscription is None:
        return None
    try:
        address = address_of(subscription)
    except CannotOpen:
        unsubscribe(subscription, reason="altered")
        return None
    with translation.override(language_of(subscription.subject)):
        body = sealed_message(address)
    said = headers(address, about=row.pk, life=row.expires_at - now())
    return Call(address.endpoint, body, said, shared=True)


def _pushed(delivery: Delivery, outcome: Outcome) -> None:
    row = BackchannelRequest.objects.select_related("client", "subject").filter(pk=delivery.about).first()
    subscription = _subscription(delivery)
    if outcome.arrived:
        Subscription.objects.filter(pk=delivery.content["subscription"]).update(told_at=now())
    elif subscription is not None and outcome.status in _GONE:
        unsubscribe(subscription, reason="gone")
    if row is None:
        return
    _note_end(row, outcome, way="push")
    if not outcome.arrived and not _otherwise_pushed(delivery) and _is_waiting(row):
        _write_instead(row)


def _otherwise_pushed(delivery: Delivery) -> bool:
    """Whether another device of the person was told of the same, or may still be."""
    others = Delivery.objects.filter(about=delivery.about, kind=PUSH.name).exclude(pk=delivery.pk)
    reached = others.filter(delivered_at__isnull=False) | others.filter(due_at__isnull=False)
    return reached.exists()


def _mail(delivery: Delivery) -> Letter | None:
    row = _waiting(delivery)
    if row is None or row.subject is None or not (address := mail_address_of(row.subject)):
        return None
    with translation.override(language_of(row.subject)):
        told, page = words(), f"{tenant_address(row.tenant)}approve/"
        text = _(
            "A site asks that you sign in. Who it is, and what for, is said on this page, where you can "
            "refuse it, too:\n%(page)s\n\nNobody can sign in as you unless you approve it there.\n"
        )
        title, said = told["title"], text % {"page": page}
        return Letter(address, title, said, dress(row.tenant, title, said))


def _mailed(delivery: Delivery, outcome: Outcome) -> None:
    row = BackchannelRequest.objects.select_related("client").filter(pk=delivery.about).first()
    if row is not None:
        _note_end(row, outcome, way="mail")


def _waiting(delivery: Delivery) -> BackchannelRequest | None:
    """Return the request that a delivery is about, None where its person need not hear of it any more."""
    rows = BackchannelRequest.objects.select_related("client", "subject__tenant", "tenant")
    row = rows.filter(pk=delivery.about).first()
    return row if row is not None and _is_waiting(row) else None


def _is_waiting(row: BackchannelRequest) -> bool:
    active = row.subject is not None and row.subject.status == Subject.Status.ACTIVE
    return active and row.state == BackchannelRequest.State.PENDING and row.expires_at > now()


def _subscription(delivery: Delivery) -> Subscription | None:
    rows = Subscription.objects.select_related("subject__tenant", "device")
    return rows.filter(pk=delivery.content["subscription"]).first()


def _note_end(row: BackchannelRequest, outcome: Outcome, *, way: str) -> None:
    _note(row, Tag.PERSON_TOLD if outcome.arrived else Tag.PERSON_NOT_TOLD, way=way, reason=outcome.said)


def _note(row: BackchannelRequest, tag: Tag, *, way: str, reason: str) -> None:
    record(
        tag,
        client=row.client.client_id,
        subject=str(row.subject_id or ""),
        reason=reason,
        request=row.pk,
        way=way,
    )


def _never(_status: int) -> bool:
    return False


def _nothing(_delivery: Delivery, _outcome: Outcome) -> None:
    """What sends nothing has no end to tell of."""


def _hopeless(status: int) -> bool:
    """Whether a push service will say the same again."""
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and (
        status not in _WORTH_A_RETRY
    )


TELL = register(Kind(name="ciba-tell", make=_choose, arrived=_never, settled=_nothing))
PUSH = register(
    Kind(
        name="ciba-push",
        make=_push,
        arrived=lambda status: HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES,
        settled=_pushed,
        waits=_WAITS,
        hopeless=_hopeless,
    )
)
MAIL = register(
    Kind(
        name="ciba-mail",
        make=_mail,
        arrived=lambda status: status == TAKEN,
        settled=_mailed,
        waits=(timedelta(seconds=10),),
    )
)
