"""Back-channel logout: a signed token to every relying party of the session (Back-Channel Logout 1.0)."""

from datetime import timedelta
from urllib.parse import urlencode

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.delivery.kinds import Call, Kind, Outcome, register
from authsvc.delivery.models import Delivery
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.lifetimes import LOGOUT_TOKEN

EVENT = "http://schemas.openid.net/event/backchannel-logout"
# Each wait is twice the one before; the last try comes after about a quarter of an hour.
_WAITS = tuple(timedelta(seconds=8 * 2**tried) for tried in range(7))


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


def _make(delivery: Delivery) -> Call:
    # Of a session that ended under the release before, the outbox knows its id alone.
    sid = delivery.content.get("sid") or delivery.about
    token = logout_token(delivery.client, sid=sid, sub=delivery.content["sub"])
    return Call(
        delivery.client.backchannel_logout_uri,
        urlencode({"logout_token": token}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )


def _settled(delivery: Delivery, outcome: Outcome) -> None:
    record(
        Tag.LOGOUT_DELIVERED if outcome.arrived else Tag.LOGOUT_FAILED,
        client=delivery.client.client_id,
        reason="" if outcome.arrived else outcome.said,
        sid=delivery.about,
    )


LOGOUT = register(
    Kind(
        name="logout",
        make=_make,
        arrived=lambda status: status in {200, 204},
        settled=_settled,
        waits=_WAITS,
    )
)
