"""Telling a relying party that a result waits (CIBA Core 1.0 section 10.2)."""

import json
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db.models import Q, QuerySet

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.fetch import FetchRefused, fetch
from authsvc.oidc.ciba.waiting import open_callback
from authsvc.oidc.models import BackchannelRequest

_SECONDS = 3.0
_AT_ONCE = 8
_BATCH = 200


def due_pings() -> QuerySet[BackchannelRequest]:
    """Return the requests that are over and whose relying party has not been called yet."""
    over = ~Q(state=BackchannelRequest.State.PENDING) | Q(expires_at__lte=now())
    return BackchannelRequest.objects.filter(
        over,
        notified_at=None,
        redeemed_at=None,
        client__backchannel_token_delivery_mode=RelyingParty.BackchannelMode.PING,
    )


def ping_due() -> int:
    """Call the relying parties of the tenant in scope whose requests are over; return how many.

    Each is called once, whatever it answers: a redirect is not followed, a 401 not tried again, a body
    not read for meaning. A client that missed the call can still poll.
    """
    due = due_pings().select_related("client")
    mine = [row for row in due.order_by("created_at")[:_BATCH] if _take(row)]
    if not mine:
        return 0
    calls = [(row.client.backchannel_client_notification_endpoint, *open_callback(row)) for row in mine]
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(calls))) as pool:
        answers = list(pool.map(_call, calls))
    for row, answer in zip(mine, answers, strict=True):
        record(Tag.BACKCHANNEL_NOTIFIED, client=row.client.client_id, reason=answer[:200], request=row.pk)
    return len(mine)


def _take(row: BackchannelRequest) -> bool:
    return bool(BackchannelRequest.objects.filter(pk=row.pk, notified_at=None).update(notified_at=now()))


def _call(call: tuple[str, str, str]) -> str:
    endpoint, auth_req_id, token = call
    try:
        answer = fetch(
            endpoint,
            method="POST",
            body=json.dumps({"auth_req_id": auth_req_id}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
            allow_loopback=settings.ALLOW_LOOPBACK_FETCH,
            seconds=_SECONDS,
        )
    except FetchRefused as refused:
        return str(refused)
    return f"it answered {answer.status}"
