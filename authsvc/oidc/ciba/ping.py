"""Telling a relying party that a result waits (CIBA Core 1.0 section 10.2)."""

import json

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.envelope import context
from authsvc.delivery.kinds import Call, Kind, Outcome, register
from authsvc.delivery.models import Delivery
from authsvc.keys.kek import TOKEN, kek
from authsvc.oidc.models import BackchannelRequest


def seal_callback(identifier: str, auth_req_id: str, token: str) -> bytes:
    """Seal what a ping needs: the auth_req_id, and the token that the relying party gave for it."""
    content = f"{auth_req_id} {token}".encode()
    return kek(TOKEN).wrap(content, callback_context(identifier))


def callback_context(identifier: str) -> bytes:
    """Return what the sealed callback of a request is bound to."""
    return context("visor/ciba/v1", identifier)


def _open_callback(row: BackchannelRequest) -> tuple[str, str]:
    content = kek(TOKEN).unwrap(bytes(row.sealed_callback), callback_context(row.pk)).decode()
    auth_req_id, _, token = content.partition(" ")
    return auth_req_id, token


def _make(delivery: Delivery) -> Call | None:
    # Who has fetched the result by polling, or no longer wants to be called, is not.
    row = BackchannelRequest.objects.filter(
        pk=delivery.about,
        redeemed_at=None,
        client__backchannel_token_delivery_mode=RelyingParty.BackchannelMode.PING,
    ).first()
    if row is None:
        return None
    auth_req_id, token = _open_callback(row)
    return Call(
        delivery.client.backchannel_client_notification_endpoint,
        json.dumps({"auth_req_id": auth_req_id}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )


def _settled(delivery: Delivery, outcome: Outcome) -> None:
    client = delivery.client.client_id
    record(Tag.BACKCHANNEL_NOTIFIED, client=client, reason=outcome.said, request=delivery.about)


# Called once, whatever it answers: a redirect is not followed, a 401 not tried again, a body not read for
# meaning. A client that missed the call can still poll.
PING = register(
    Kind(name="ciba-ping", make=_make, arrived=lambda status: status in {200, 204}, settled=_settled)
)
