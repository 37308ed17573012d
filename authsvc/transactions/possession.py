"""Possession: proof of the key that a relying party named for a session of liveness (docs/protocol.md, 7).

It stands where a passkey's proof stands in a sign-in (`proof.py`), and signs the same challenge: over the
transaction, a nonce and the session key that signs the frames.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from authsvc.assurance.evidence import Agent, Proven
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.transactions.lifecycle import end, locked
from authsvc.transactions.models import Transaction
from authsvc.transactions.parties import put_key
from authsvc.transactions.proof import PROVABLE, expected_challenge, new_device_challenge, too_late
from authsvc.transactions.records import LivenessRequest
from authsvc.transactions.telling import told_of
from authsvc.transactions.touching import joined

TYPE: Final = "visor-possession+jws"
_ALGORITHM: Final = "ES256"

PASSED, REFUSED, TIMED_OUT = "passed", "refused", "timed-out"
IN_SANDBOX: Final = (PASSED, REFUSED, TIMED_OUT)
"""How a developer can let a session end without a camera, in a sandbox tenant."""


def holder_of(row: Transaction) -> str | None:
    """Return what an agent names as `dev` in its sample: the passkey that it proved, or the named key.

    That is a credential id or a thumbprint, both base64url; None where nothing is proven.
    """
    if row.kind == Transaction.Kind.LIVENESS:
        return LivenessRequest.from_json(row.request).jkt
    return row.device.credential_id if row.device else None


@dataclass(frozen=True)
class Possession:
    """An agent's proof of the named key, a compact JWS, and what it says of itself."""

    proof: str
    agent: Agent


def possession_challenge(row: Transaction, session_key: dict[str, Any]) -> str:
    """Return the challenge that the named key has to sign, base64url; raises Refused."""
    require_session(row)
    return b64u(new_device_challenge(row, session_key))


@database.atomic
def record_possession(row: Transaction, possession: Possession, *, browser_key: str) -> None:
    """Bind the session to the agent that holds the named key, and to its session key; raises Refused.

    The challenge is used up. From now on it is that of the agent with `browser_key` alone. Where a developer
    named an ending, it has come to it.
    """
    require_session(row)
    current = locked(row.pk)
    if current.state not in PROVABLE or current.webauthn_nonce is None:
        raise too_late(current)
    asked = LivenessRequest.from_json(current.request)
    _check(possession.proof, jkt=asked.jkt, challenge=b64u(expected_challenge(current)))
    current.state, current.webauthn_nonce = Transaction.State.PROVEN, None
    touched = joined(current.evidence.components)
    current.evidence = Proven(agent=possession.agent, at=now().isoformat(), components=touched)
    put_key(current, browser_key)
    current.save()
    record(Tag.KEY_PROVEN, **told_of(current), agent=possession.agent.to_json())
    if asked.sandbox:
        _end_as_told(current, asked.sandbox)


def record_possession_refusal(row: Transaction, refused: Refused) -> None:
    """Record that a proof of the named key failed: the challenge is used up."""
    Transaction.objects.filter(pk=row.pk).update(webauthn_nonce=None, refused_for=refused.code)
    record(Tag.KEY_REFUSED, **told_of(row), reason=refused.code, detail=refused.detail)


def require_session(row: Transaction) -> None:
    """Refuse (409) whatever is no session of liveness."""
    if row.kind != Transaction.Kind.LIVENESS:
        raise _refused(f"a transaction of kind {row.kind} has no named key", status=409)


def _check(proof: str, *, jkt: str, challenge: str) -> None:
    """Raise Refused where the proof is not by the named key, over exactly this challenge."""
    try:
        header = jws.extract_compact(proof.encode("ascii")).headers()
        key = _public_key(header["jwk"])
        signed = jws.deserialize_compact(proof, key, [_ALGORITHM])
        said = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise _refused(f"not a signed proof: {type(problem).__name__}") from None
    if header.get("typ") != TYPE:
        raise _refused(f"typ {header.get('typ')!r}")
    if not secrets.compare_digest(key.thumbprint(), jkt):
        raise _refused("signed by another key than the relying party named")
    if said != {"challenge": challenge}:
        raise _refused("signed for another challenge, session or session key")


def _public_key(jwk: dict[str, Any]) -> ECKey:
    if set(jwk) != {"kty", "crv", "x", "y"} or (jwk["kty"], jwk["crv"]) != ("EC", "P-256"):
        raise ValueError("a public key of P-256 is expected")
    return ECKey.import_key(jwk)


def _end_as_told(current: Transaction, outcome: str) -> None:
    if outcome == TIMED_OUT:
        end(current, Transaction.State.EXPIRED, Tag.TRANSACTION_EXPIRED)
    elif outcome == REFUSED:
        end(current, Transaction.State.CANCELLED, Tag.TRANSACTION_CANCELLED)
    else:
        current.state, current.decided_at = Transaction.State.DECIDED, now()
        current.save(update_fields=["state", "decided_at"])


def _refused(detail: str, *, status: int = 403) -> Refused:
    return Refused(
        "key-refused",
        _("This page was not opened by the site that asked. Please go back to the site."),
        detail=detail,
        status=status,
    )
