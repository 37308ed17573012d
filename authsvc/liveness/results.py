"""What becomes of a session: pending, over without a result, or a signed result that is told once."""

from datetime import timedelta
from typing import Any, Final

from django.db import transaction as database

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import LivenessRequest
from authsvc.transactions.services import cancel, hand_to_party, tries_used

TYPE: Final = "visor-liveness+jwt"
SANDBOX_TYPE: Final = "visor-liveness-sandbox+jwt"
"""A result that a developer chose: whoever verifies `typ`, as they have to, never takes it for a real one."""
LIFE: Final = timedelta(seconds=60)
State = Transaction.State


def is_pending(row: Transaction) -> bool:
    """Whether the person is still before the camera, or their pictures are judged."""
    return row.state not in {State.DECIDED, *Transaction.ENDED} and not _has_no_try(row)


def _has_no_try(row: Transaction) -> bool:
    """Whether every try is used, one of which may not have been answered at all."""
    return row.face_closed or (row.state != State.SUBMITTED and tries_used(row))


def take_result(row: Transaction, client: RelyingParty) -> str:
    """Return a session's result, once, as a signed JWT; raises RequestRefused where there is none.

    There is a result of a living person alone, so that nobody takes another one for it by reading it too
    quickly.
    """
    if row.state != State.DECIDED:
        raise _over(row)
    try:
        with database.atomic():
            return _signed(hand_to_party(row), client)
    except Refused as refused:
        if refused.tag:
            # What it refused is rolled back; the event is not (T26).
            tag = Tag(refused.tag)
            record(tag, transaction=row.pk, reason=refused.code, detail=refused.detail)
            raise _not_believed(refused) from None
        raise _taken() from None


def _signed(row: Transaction, client: RelyingParty) -> str:
    moment, asked = now(), LivenessRequest.from_json(row.request)
    claims = {
        "iss": issuer_of(row.tenant),
        "aud": client.client_id,
        "iat": int(moment.timestamp()),
        "exp": int((moment + LIFE).timestamp()),
        "jti": row.pk,
        "cnf": {"jkt": asked.jkt},
        **(_chosen(row) if asked.sandbox else _seen(row)),
    }
    typ = SANDBOX_TYPE if asked.sandbox else TYPE
    return sign(claims, algorithm=client.id_token_signed_response_alg, typ=typ)


def _seen(row: Transaction) -> dict[str, Any]:
    """Return what a worker signed; raises RequestRefused where no record vouches for it."""
    face = row.evidence.face
    if face is None or face.record is None:
        raise RequestRefused(
            "temporarily_unavailable",
            "No evaluation record vouched for this session.",
            rule="liveness-record",
            came="an accepted sample, judged without a record that stands",
            expected="an evaluation record of this engine and these stages",
            status=503,
        )
    seen = {"pad": face.pad, "iad": face.iad}
    return {**seen, "record": face.record, "policy": face.policy, "chain": face.chain}


def _chosen(row: Transaction) -> dict[str, Any]:
    """Return what a developer chose; raises RequestRefused where there is no sandbox any more."""
    if not sandbox_offered(row.tenant):
        raise _refused("access_denied", "There is no sandbox here any more.", row)
    return {"pad": "sandbox", "iad": "sandbox", "sandbox": True}


def _over(row: Transaction) -> RequestRefused:
    if row.state == State.CONSUMED:
        return _taken()
    if row.state == State.EXPIRED:
        return _refused("expired_session", "Its 300 seconds are over.", row, status=410)
    if _has_no_try(row):
        cancel(row)  # there is no further try, so that it counts as open no more
        return _refused("access_denied", "No living person was seen in any try.", row)
    return _refused("access_denied", "The person turned back, or was not seen in any try.", row)


def _refused(error: str, description: str, row: Transaction, *, status: int = 403) -> RequestRefused:
    return RequestRefused(
        error,
        description,
        rule="liveness-over",
        came=f"state {row.state}",
        expected="a session that ended well",
        status=status,
    )


def _taken() -> RequestRefused:
    return RequestRefused(
        "result_taken",
        "The result was taken before; there is each one once.",
        rule="liveness-once",
        came="a second time",
        expected="one taking",
        status=410,
    )


def _not_believed(refused: Refused) -> RequestRefused:
    return RequestRefused(
        "server_error",
        "The stored result is not what was signed. Open a new session.",
        rule=f"liveness-{refused.code}",
        came=refused.detail,
        expected="the worker's signed verdict",
        status=500,
    )
