"""grant_type=urn:openid:params:grant-type:ciba (CIBA Core 1.0 section 10.1 and 11)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F

from authsvc.clients.grant_types import CIBA
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.oidc.models import BackchannelRequest
from authsvc.oidc.sql import redemption_of_request
from authsvc.oidc.token.issue import issue_tokens
from authsvc.oidc.tokens.access_token import Binding
from authsvc.oidc.tokens.stored import is_over
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.subjects.models import Subject

INTERVAL = BackchannelRequest.INTERVAL
State = BackchannelRequest.State


def exchange_request(client: RelyingParty, parameters: Mapping[str, str], binding: Binding) -> dict[str, Any]:
    """Return the tokens of an approved request, once.

    Raises RequestRefused: `authorization_pending` and `slow_down` while it waits, `access_denied`,
    `expired_token`, and `invalid_grant` for a request that is unknown, another client's or used.
    """
    digest = secret_hash(parameters.get("auth_req_id", ""))
    row = (
        BackchannelRequest.objects.select_related("grant__subject")
        .filter(digest=digest, client=client)
        .first()
    )
    if row is None or row.redeemed_at is not None:
        raise _not_yet("invalid_grant", "unknown or used", "an open auth_req_id of this client")
    if row.state == State.DENIED:
        raise _not_yet("access_denied", "denied", "an approved request")
    if row.expires_at <= now():
        raise _not_yet("expired_token", str(row.expires_at), "a request that has not expired")
    if row.state == State.PENDING or row.grant is None:
        raise _still_waiting(row)
    if row.grant.subject.status != Subject.Status.ACTIVE:
        raise _not_yet("invalid_grant", "a person who is closed", "an active person")
    if is_over(row.grant):
        raise _not_yet("invalid_grant", "revoked", "a grant that holds")
    used_up = redemption_of_request(row, now())
    content = issue_tokens(row.grant, client, binding, grant_type=CIBA, using_up=used_up)
    if content is None:
        raise _not_yet("invalid_grant", "used in this moment", "one exchange")
    return content


def _still_waiting(row: BackchannelRequest) -> RequestRefused:
    """Tell a client that polls too often to wait 5 s longer each time (section 11)."""
    moment = now()
    rows = BackchannelRequest.objects.filter(pk=row.pk)
    if row.polled_at is not None and moment - row.polled_at < timedelta(seconds=row.interval):
        rows.update(polled_at=moment, interval=F("interval") + INTERVAL)
        return _not_yet("slow_down", "a poll too early", f"{row.interval + INTERVAL} s between polls")
    rows.update(polled_at=moment)
    return _not_yet("authorization_pending", "no answer yet", "the person's answer")


def _not_yet(error: str, came: str, expected: str) -> RequestRefused:
    texts = {
        "authorization_pending": "The person has not answered yet.",
        "slow_down": "Poll less often.",
        "access_denied": "The person did not approve.",
        "expired_token": "The request has expired.",
    }
    description = texts.get(error, "The request cannot be redeemed.")
    return RequestRefused(error, description, rule="ciba-grant", came=came, expected=expected)
