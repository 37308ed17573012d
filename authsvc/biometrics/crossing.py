"""What an agent sends beside its frames, and its phone is sent back: what the model lists (S6.3-01).

It judges nothing, and so is no part of what an evaluation record holds for: the frames, and what binds them
to the transaction, are the decode stage's.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.biometrics.stages.decode.container import split_container
from authsvc.biometrics.types import BadSample, Manifest, Reason, StageError
from authsvc.core.application_models import Crossing, Flow, Place, application_model
from authsvc.core.ids import unb64u
from authsvc.devices.models import Device
from authsvc.protection.base import Kept, Protection, Share
from authsvc.protection.registry import PROTECTIONS
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.services import ForPhone, leave, model_of_transaction
from authsvc.vault.opening import CannotOpenReference

MOST_BUNDLES: Final = 5
"""As many as a reference has moments (vault/ageing.py), and one of a renewal that was not finished."""
MOST_BYTES: Final = 40 * 1024
"""Bytes of all bundles of a device: more would not come back in a manifest (docs/protocol.md section 4)."""
_RECEIVER: Final = "visor-receiver+jws"


@dataclass(frozen=True)
class Sent:
    """The shares that a sample holds, with the bundles of the device, and the key to answer to, a JWK.

    `result` is what a phone that compared says it found, a JWS that nobody has checked yet.
    """

    share: Share
    new_share: Share
    receiver: dict[str, Any] | None = None
    result: str | None = None


def protection_in(transaction: Transaction) -> Protection:
    """Return the application model that a transaction goes by: what its agent was told, too.

    Raises BrokenPolicy.
    """
    return PROTECTIONS[model_of_transaction(transaction).letter]


def read_sent(capture: Capture, sample: bytes, manifest: Manifest) -> Sent:
    """Return what came beside the frames of a sample that the decode stage has read; raises BadSample."""
    body, _ = split_container(sample)
    try:
        bundles = _bundles(body.get("bundles", []))
        receiver = _receiver(body["receiver"], capture) if body.get("receiver") is not None else None
        result = _text(body["result"]) if body.get("result") is not None else None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise BadSample(Reason.MANIFEST, detail=f"{type(problem).__name__}: {problem}"[:120]) from None
    return Sent(
        Share(manifest.share or b"", manifest.share_kind or "", bundles),
        Share(manifest.new_share or b"", manifest.new_share_kind or ""),
        receiver,
        result,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value


def _bundles(value: list[str]) -> tuple[bytes, ...]:
    found = tuple(map(unb64u, value))
    if len(found) > MOST_BUNDLES or not all(found):
        raise ValueError("too many bundles, or an empty one")
    return found


def _receiver(signed: str, capture: Capture) -> dict[str, Any]:
    """Return the key that the session key signed for this challenge, a public P-256 JWK of four members."""
    session_key = ECKey.import_key(capture.transaction.session_key or {})
    found = jws.deserialize_compact(signed, session_key, ["ES256"])
    said = json.loads(found.payload)
    bound = {"txn": capture.transaction_id, "chl": capture.challenge["nonce"]}
    if found.protected.get("typ") != _RECEIVER or {**said, **bound} != said or set(said) != {*bound, "jwk"}:
        raise ValueError("a key for another transaction")
    jwk: dict[str, Any] = said["jwk"]
    if set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("a public key of P-256 is expected")
    ECKey.import_key(jwk)
    return jwk


def require_listed(transaction: Transaction, protection: Protection, sent: Sent) -> None:
    """Refuse a sample that holds what the person's model does not list, and record it; raises StageError."""
    row = application_model(protection.letter)
    crossing = row.crossing if row is not None else Crossing((), ())
    odd = _unlisted(crossing, sent)
    if not odd and sent.result and transaction.kind != Transaction.Kind.AUTHENTICATE:
        odd.append(Flow.RESULT)
    if not odd and sent.receiver is not None and row is not None and row.stored is not Place.PHONE:
        odd.append(Flow.REFERENCE)
    _require_none(transaction, odd, by=f"model {protection.letter}")


def refuse_unlisted(transaction: Transaction, crossing: Crossing, sent: Sent, *, by: str) -> None:
    """Refuse a sample that holds what is not to cross, and record it; raises StageError.

    `by` is what lists it, in the auditor's words.
    """
    _require_none(transaction, _unlisted(crossing, sent), by=by)


def _unlisted(crossing: Crossing, sent: Sent) -> list[Flow]:
    came = {
        Flow.SHARE: sent.share.value or sent.new_share.value,
        Flow.REFERENCE: sent.share.bundles,
        Flow.RESULT: sent.result,
    }
    odd = [flow for flow, value in came.items() if value and flow not in crossing.up]
    if sent.receiver is not None and Flow.REFERENCE not in crossing.down:
        odd.append(Flow.REFERENCE)
    return odd


def _require_none(transaction: Transaction, odd: Sequence[Flow], *, by: str) -> None:
    if odd:
        raise flow_refused(transaction, f"{by} lists no {', '.join(odd)}")


def flow_refused(transaction: Transaction, detail: str) -> StageError:
    """Record that something came which nobody asked for, and return the refusal."""
    record(
        Tag.FLOW_REFUSED,
        transaction=transaction.pk,
        subject=str(transaction.subject_id or ""),
        reason=str(Reason.FLOW),
        detail=detail,
    )
    return StageError(Reason.FLOW, detail=detail)


def send_down(capture: Capture, kept: Kept, sent: Sent, *, device: Device) -> None:
    """Leave for the agent what the device has to keep; nothing where it keeps nothing.

    Raises CannotOpenReference where the agent named no key to answer to, and where the device could not send
    it back.
    """
    if not kept.bundles:
        return
    if sent.receiver is None:
        raise CannotOpenReference("the agent named no key to answer to")
    if sum(map(len, kept.bundles)) > MOST_BYTES:
        raise CannotOpenReference("more than a device could send back")
    content = ForPhone(kept.bundles, kept.pseudonym, kept.version, device.credential_id)
    leave(capture, content, receiver=sent.receiver)
