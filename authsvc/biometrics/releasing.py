"""A reference on its way to the phone that compares it, and what the phone says it found (workflow W6).

A worker compares nothing here. It judges whether somebody living is before the camera, by the very pictures
over whose chain the phone signs its result: what was compared, and what was judged, are one capture.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from authsvc.assurance.evidence import FaceProof
from authsvc.biometrics.crossing import Sent, flow_refused, protection_in, require_listed
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.references import open_template, require_allowed, require_young
from authsvc.biometrics.stages.decode.container import split_container
from authsvc.biometrics.thresholds import references_of, thresholds_for
from authsvc.biometrics.types import BadSample, DecisionResult, Manifest, Reason, StageError, Template, fuse
from authsvc.core.ids import b64u, unb64u
from authsvc.devices.models import Device
from authsvc.protection.base import Share
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.records import NewReference
from authsvc.transactions.services import (
    RELEASED,
    ForComparison,
    leave,
    model_of_transaction,
    phone_may_compare,
    released_before,
)

_ASKING: Final = frozenset({"txn", "chl", "dev", "share", "share_kind", "engine"})
_RESULT: Final = "visor-comparison+jws"
_SAID: Final = frozenset({"txn", "chl", "chain", "ref", "ver", "engine", "matched"})


@dataclass(frozen=True)
class Result:
    """What a phone found: by which engine, and whether the face is the reference's."""

    engine: str
    matched: bool


def release(capture: Capture, sample: bytes) -> Judgement:
    """Return the judgement on a request for the reference, which leaves it for the phone; raises StageError.

    It is opened as for a comparison here, and sealed to the receiving key of the device that proved itself.
    """
    transaction = capture.transaction
    protection = protection_in(transaction)
    require_young(transaction)
    _require_phone(transaction)
    sent, engine = _asked(capture, sample)
    template = open_template(transaction, protection, sent)
    content = _content(transaction, template, engine)
    return Judgement(
        DecisionResult("accepted"), store=lambda: _leave(capture, content, sent), accepted=RELEASED
    )


def _require_phone(transaction: Transaction) -> None:
    """Refuse where the phone compares nothing, or nothing vouches for it.

    The web offers it nothing then, and is not believed for that.
    """
    signs_in = transaction.kind == Transaction.Kind.AUTHENTICATE
    if not signs_in or not model_of_transaction(transaction).sends_to_phone:
        raise flow_refused(transaction, "the model sends no reference down to be compared")
    if not phone_may_compare(transaction):
        raise flow_refused(transaction, "nothing vouches for the agent, or it has no receiving key")


def _asked(capture: Capture, sample: bytes) -> tuple[Sent, str]:
    """Return the share that the agent sent, and the engine by which it compares; raises StageError."""
    body, pictures = split_container(sample)
    if unlisted := sorted(set(body) - _ASKING) or (["frames"] if pictures else []):
        raise flow_refused(capture.transaction, f"beside a share came {', '.join(unlisted)}")
    try:
        share, kind, engine = unb64u(body["share"]), body["share_kind"], body["engine"]
        bound = (body["txn"], body["chl"]) == (capture.transaction_id, capture.challenge["nonce"])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadSample(Reason.MANIFEST, detail=type(problem).__name__) from None
    if not bound:
        raise BadSample(Reason.FOREIGN)
    if not isinstance(kind, str) or not isinstance(engine, str):
        raise BadSample(Reason.MANIFEST, detail="share_kind and engine are texts")
    return Sent(Share(share, kind), Share(b"", "")), engine


def _content(transaction: Transaction, template: Template, engine: str) -> ForComparison:
    subject, device = transaction.subject, transaction.device
    assert subject is not None
    assert device is not None
    # Before the other one: who enrols anew would not be helped.
    thresholds = thresholds_for(engine, sandbox=transaction.tenant.lets_simulators_in)
    if template.engine not in references_of(engine):
        raise StageError(Reason.ENGINE_MISMATCH, detail=f"{template.engine} for a phone with {engine[:60]}")
    return ForComparison(
        vector=fuse(template.vectors, template.weights).astype("<f4").tobytes(),
        engine=engine,
        threshold=thresholds.comparison,
        reference=subject.reference,
        version=subject.reference_version,
        device=device.credential_id,
    )


def _leave(capture: Capture, content: ForComparison, sent: Sent) -> NewReference:
    # As it stands now: the key that is not the passkey's own seal any more receives nothing.
    device = Device.objects.get(pk=capture.transaction.device_id)
    assert device.receiving_key is not None
    leave(capture, content, receiver=device.receiving_key)
    return NewReference(content.reference, content.version, sent.share.kind, engine=content.engine)


def judge_result(capture: Capture, sent: Sent, manifest: Manifest, face: FaceProof) -> Judgement:
    """Return the judgement on an accepted capture by what the phone says of its face; raises StageError."""
    transaction = capture.transaction
    protection = protection_in(transaction)
    require_listed(transaction, protection, sent)
    if sent.share.value:
        raise flow_refused(transaction, "a share came with the pictures")
    _require_phone(transaction)
    require_allowed(protection)
    result = _read(capture, sent.result, manifest)
    if not result.matched:
        return Judgement(DecisionResult("refused", Reason.NON_MATCH))
    vouching = thresholds_for(result.engine, sandbox=transaction.tenant.lets_simulators_in).record
    proof = replace(face, record=face.record if vouching else None, device_engine=result.engine)
    return Judgement(DecisionResult("accepted"), proof)


def _read(capture: Capture, signed: str | None, manifest: Manifest) -> Result:
    """Return what the session key signed over exactly this capture and the reference that was released."""
    transaction, released = capture.transaction, released_before(capture)
    if released is None or signed is None:
        raise StageError(Reason.RESULT, detail="no reference was released, or no result came")
    try:
        found = jws.deserialize_compact(signed, ECKey.import_key(transaction.session_key or {}), ["ES256"])
        said: dict[str, Any] = json.loads(found.payload)
    except (JoseError, ValueError, TypeError, AttributeError) as problem:
        raise StageError(Reason.RESULT, detail=type(problem).__name__) from None
    bound = {
        "txn": capture.transaction_id,
        "chl": capture.challenge["nonce"],
        "chain": b64u(manifest.chain),
        "ref": released.pseudonym,
        "ver": released.version,
    }
    if found.protected.get("typ") != _RESULT or not isinstance(said, dict) or set(said) != _SAID:
        raise StageError(Reason.RESULT, detail="not a result")
    # One is True, and neither is what was signed about the other.
    if wrong := [
        name for name, value in bound.items() if (type(said[name]), said[name]) != (type(value), value)
    ]:
        raise StageError(Reason.RESULT, detail=f"a result on another {', '.join(sorted(wrong))}")
    if not _is_current(transaction, released) or type(said["matched"]) is not bool:
        raise StageError(Reason.RESULT, detail="the person has another reference now, or nothing was found")
    # The reference went to one engine, with its threshold; another cannot have compared it.
    if said["engine"] != released.engine:
        raise StageError(Reason.RESULT, detail="a result by another engine than the reference was sent to")
    return Result(said["engine"], said["matched"])


def _is_current(transaction: Transaction, released: NewReference) -> bool:
    subject = transaction.subject
    theirs = (subject.reference, subject.reference_version) if subject is not None else ("", 0)
    return theirs == (released.pseudonym, released.version)
