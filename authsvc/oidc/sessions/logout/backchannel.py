"""Back-channel logout: a signed token to every relying party of the session (Back-Channel Logout 1.0)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.fetch import FetchRefused, fetch
from authsvc.core.ids import new_id
from authsvc.oidc.models import LogoutNotice
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.lifetimes import LOGOUT_TOKEN

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# Each wait is twice the one before; the last try comes after about a quarter of an hour.
MOST_TRIES = 8
_FIRST_WAIT = timedelta(seconds=8)
_SECONDS = 3.0
# Endpoints that never answer must not hold up the others.
_AT_ONCE = 8
_BATCH = 200


@dataclass(frozen=True)
class Delivery:
    """One call to make: the address, and the body with the signed token."""

    notice: LogoutNotice
    url: str
    body: bytes


def deliver_due() -> int:
    """Tell the relying parties of the tenant in scope what is due; return how many were reached."""
    due = LogoutNotice.objects.filter(
        delivered_at=None, tries__lt=MOST_TRIES, next_try_at__lte=now()
    ).select_related("client__tenant")
    deliveries = [_prepare(notice) for notice in due.order_by("next_try_at")[:_BATCH] if _take(notice)]
    if not deliveries:
        return 0
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(deliveries))) as pool:
        problems = list(pool.map(_call, deliveries))
    for delivery, problem in zip(deliveries, problems, strict=True):
        _note(delivery.notice, problem)
    return problems.count("")


def logout_token(client: RelyingParty, *, sid: str, sub: str) -> str:
    """Return a logout token for one relying party (section 2.4)."""
    moment = now()
    claims = {
        "iss": issuer_of(client.tenant),
        "aud": client.client_id,
        "iat": int(moment.timestamp()),
        "exp": int((moment + LOGOUT_TOKEN).timestamp()),
        "jti": new_id(),
        "sub": sub,
        "sid": sid,
        "events": {EVENT: {}},
    }
    return sign(claims, algorithm=client.id_token_signed_response_alg, typ="logout+jwt")


def _take(notice: LogoutNotice) -> bool:
    # Two processes may see the same row; the one whose update counts calls.
    later = now() + _FIRST_WAIT * int(2**notice.tries)
    row = LogoutNotice.objects.filter(pk=notice.pk, tries=notice.tries, delivered_at=None)
    return bool(row.update(tries=notice.tries + 1, next_try_at=later))


def _prepare(notice: LogoutNotice) -> Delivery:
    token = logout_token(notice.client, sid=notice.sid, sub=notice.sub)
    body = urlencode({"logout_token": token}).encode()
    return Delivery(notice, notice.client.backchannel_logout_uri, body)


def _call(delivery: Delivery) -> str:
    try:
        answer = fetch(
            delivery.url,
            method="POST",
            body=delivery.body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            allow_loopback=settings.ALLOW_LOOPBACK_FETCH,
            seconds=_SECONDS,
        )
    except FetchRefused as refused:
        return str(refused)
    return "" if answer.status in {200, 204} else f"it answered {answer.status}"


@transaction.atomic
def _note(notice: LogoutNotice, problem: str) -> None:
    row = LogoutNotice.objects.filter(pk=notice.pk)
    row.update(delivered_at=None if problem else now(), problem=problem[:200])
    last = notice.tries + 1 >= MOST_TRIES
    if problem and not last:
        return
    record(
        Tag.LOGOUT_FAILED if problem else Tag.LOGOUT_DELIVERED,
        client=notice.client.client_id,
        reason=problem[:200],
        sid=notice.sid,
    )
