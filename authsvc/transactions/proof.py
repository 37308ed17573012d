"""Device proof: the passkey's signature over transaction, nonce and session key (S9.5-03)."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from authsvc.assurance.evidence import Agent, PasskeyProof, Proven
from authsvc.audit.services import record, signed
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u, unb64u
from authsvc.core.texts import Text
from authsvc.devices.models import Device
from authsvc.tenancy.rows import change_of, insert, store
from authsvc.transactions.comparing import face_is_needed, face_needed
from authsvc.transactions.drawing import end_waiting
from authsvc.transactions.handoff import how_handed_on
from authsvc.transactions.lifecycle import locked
from authsvc.transactions.models import Transaction
from authsvc.transactions.parties import put_key
from authsvc.transactions.records import Ceremony
from authsvc.transactions.telling import told_of
from authsvc.transactions.touching import as_begun, joined

PROVEN = (Transaction.State.PROVEN, Transaction.State.CHALLENGED)
PROVABLE = (Transaction.State.OPEN, *PROVEN)
Options = dict[str, Any]
_NOTHING_WITHOUT: Final[Mapping[str, Text]] = {
    Transaction.Kind.RENEW: _("Your face is renewed with your face alone. Cancel to leave it as it is."),
    Transaction.Kind.LIVENESS: _("This is about your camera alone. Cancel, and go back to the site."),
}


def hold_to_key(row: Transaction, session_key: Any) -> None:
    """Take a device proof back where the agent comes with another session key than the proven one (S9.5-03).

    The passkey signed for that key and no other. A page that was loaded anew has lost it, and the person
    proves again; what is only pending, as the passkey that an enrolment made, stays. So does the challenge
    that waits: loading the page anew is no way to see another one.
    """
    # Where a proof comes in at this very moment, `new_device_challenge` refuses another key.
    if _is_held_by_another(row, session_key):
        _take_back(row, session_key)


def _is_held_by_another(row: Transaction, session_key: Any) -> bool:
    return row.state in PROVEN and row.session_key != session_key


@database.atomic
def _take_back(row: Transaction, session_key: Any) -> None:
    current = locked(row.pk)
    if not _is_held_by_another(current, session_key):
        return
    current.state, current.stored_evidence = Transaction.State.OPEN, as_begun(current.evidence.components)
    if current.kind not in Transaction.MAKING:
        current.device = None
    current.save(update_fields=["state", "stored_evidence", "device"])
    record(Tag.DEVICE_PROOF_DROPPED, transaction=row.pk, subject=str(current.subject_id or ""))
    row.refresh_from_db()


@database.atomic
def new_device_challenge(
    row: Transaction, session_key: dict[str, Any], receiving_key: dict[str, Any] | None = None
) -> bytes:
    """Return the WebAuthn challenge of docs/protocol.md section 2, and remember what it is made of.

    `session_key` is a public P-256 JWK with exactly kty, crv, x and y, and so is `receiving_key` where the
    device names one, which whoever keeps the ceremony remembers. Raises Refused for another, and once a
    device is proven for every other key than the proven one.
    """
    current, challenge = _challenged(row, session_key, receiving_key)
    current.save(update_fields=["webauthn_nonce", "session_key"])
    return challenge


@database.atomic
def begin_ceremony(
    row: Transaction,
    session_key: dict[str, Any],
    receiving_key: dict[str, Any] | None,
    begin: Callable[[bytes], tuple[Options, Ceremony]],
) -> Options:
    """Return the options that `begin` makes of such a challenge, and remember what it says beside them.

    That is what the next answer must match; it replaces what was kept before. Raises Refused as above.
    """
    current, challenge = _challenged(row, session_key, receiving_key)
    options, ceremony = begin(challenge)
    current.webauthn_state = ceremony.to_json()
    store(current, "webauthn_nonce", "session_key", "webauthn_state")
    return options


def _challenged(row: Transaction, session_key: Any, receiving_key: Any) -> tuple[Transaction, bytes]:
    """Return the row, locked, with a fresh challenge of its own that is not stored yet."""
    thumbprints, nonce = _thumbprints(session_key, receiving_key), secrets.token_bytes(32)
    current = locked(row.pk)
    if current.state not in PROVABLE:
        raise too_late(current)
    if current.state in PROVEN and current.session_key != session_key:
        raise foreign_key(detail="another key than the proven one")
    current.webauthn_nonce, current.session_key = nonce, session_key
    row.webauthn_nonce, row.session_key = nonce, session_key
    return current, _challenge(row.id, nonce, thumbprints)


def expected_challenge(row: Transaction, receiving_key: dict[str, Any] | None = None) -> bytes:
    """Return the challenge that the device had to sign; raises Refused where none was issued."""
    if row.webauthn_nonce is None or row.session_key is None:
        raise Refused(
            "no-challenge", _("Please start again."), detail="no device challenge was issued", status=409
        )
    return _challenge(row.id, bytes(row.webauthn_nonce), _thumbprints(row.session_key, receiving_key))


def _challenge(transaction_id: str, nonce: bytes, thumbprints: bytes) -> bytes:
    message = b"visor/device-proof/v1\x00" + transaction_id.encode() + b"\x00" + nonce + thumbprints
    return hashlib.sha256(message).digest()


def _thumbprints(session_key: Any, receiving_key: Any) -> bytes:
    """Return the thumbprint of the session key, followed by that of the receiving key where there is one."""
    return b"".join(
        unb64u(thumbprint_of(key, name))
        for key, name in ((session_key, "session_key"), (receiving_key, "receiving_key"))
        if key is not None or name == "session_key"
    )


def thumbprint_of(key: Any, name: str) -> str:
    """Return the RFC 7638 thumbprint of an agent's public key; raises Refused for one of another form."""
    try:
        if set(key) != {"kty", "crv", "x", "y"} or key["crv"] != "P-256":
            raise ValueError
        return str(ECKey.import_key(key).thumbprint())
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise Refused(
            "bad-session-key",
            _("Please reload the page."),
            detail=f"{name} must be a public P-256 JWK with kty, crv, x and y",
        ) from None


def require_passkey_kind(row: Transaction) -> None:
    """Refuse a passkey in a session of liveness, which is proven by the key that its site named."""
    if row.kind == Transaction.Kind.LIVENESS:
        raise Refused(
            "no-passkey-here",
            _("No passkey is used here. Please go back to the site."),
            detail="a session of liveness is proven by the key that its relying party named",
            status=409,
        )


def too_late(row: Transaction) -> Refused:
    """Return the refusal of a proof that nothing asks for any more."""
    return Refused("too-late", _("This step is already done."), detail=f"state {row.state}", status=409)


def foreign_key(*, detail: str) -> Refused:
    """Return the refusal of a session key that is not the proven one, and of what was signed for another."""
    return Refused("bad-session-key", _("Please reload the page."), detail=detail, status=409)


def require_covered(row: Transaction, challenge: str, receiving_key: dict[str, Any] | None) -> None:
    """Refuse an answer to a challenge that did not cover these keys: what is stored may have been changed."""
    if row.webauthn_nonce is None or challenge != b64u(expected_challenge(row, receiving_key)):
        raise foreign_key(detail="an answer to another challenge")


@dataclass(frozen=True)
class DeviceProof:
    """A passkey's good answer: of which device, by which agent, and to which challenge, base64url.

    `receiving_key` is what the challenge covered beside the session key, if anything.
    """

    device: Device
    agent: Agent
    challenge: str
    user_verified: bool = True
    receiving_key: dict[str, Any] | None = None


@database.atomic
def record_device_proof(row: Transaction, proof: DeviceProof, *, browser_key: str) -> Transaction:
    """Bind the proven device and its subject to the transaction, and return it; the challenge is used up.

    From now on it is that of the browser with `browser_key` alone, which the server made just now. A
    transaction that has a subject stays with that subject. Raises Refused, also where the session key has
    become another than the one that the passkey signed.
    """
    current, device = locked(row.pk, "tenant", "client"), proof.device
    require_passkey_kind(current)
    if current.state not in PROVABLE or current.webauthn_nonce is None:
        raise too_late(current)
    require_covered(current, proof.challenge, proof.receiving_key)
    if current.subject_id not in {None, device.subject_id}:
        raise Refused(
            "other-person",
            _("That passkey belongs to somebody else."),
            detail="the transaction is bound to another subject",
            status=403,
        )
    current.state = Transaction.State.PROVEN
    current.subject, current.device, current.webauthn_nonce = device.subject, device, None
    passkey = PasskeyProof(
        device.id,
        device.key_kind,
        proof.user_verified,
        device.attested,
        device.share_kind,
        recovered=device.recovered,
    )
    handoff, touched = how_handed_on(current, device), joined(current.evidence.components)
    current.evidence = Proven(
        passkey, proof.agent, face=None, at=now().isoformat(), handoff=handoff, components=touched
    )
    keyed = put_key(current, browser_key)
    proven = signed(
        Tag.DEVICE_PROVEN,
        **told_of(current),
        device=device.id,
        kind=device.key_kind,
        user_verified=proof.user_verified,
        agent=proof.agent.to_json(),
    )
    changed = ("state", "subject", "device", "webauthn_nonce", "stored_evidence", keyed)
    insert([proven], along=change_of(current, *changed))
    return current


def record_device_refusal(row: Transaction, *, reason: str, detail: str = "") -> None:
    """Record that a device proof failed: the challenge is used up, the person's face tries are not."""
    Transaction.objects.filter(pk=row.pk).update(webauthn_nonce=None, refused_for=reason)
    record(Tag.DEVICE_REFUSED, transaction=row.pk, reason=reason, detail=detail)


@database.atomic
def decline_face(row: Transaction) -> None:
    """Decide the transaction by the passkey alone, at the level that it earns (S5.3-02).

    Raises Refused before device proof, and where a second passkey needs the face (403).
    """
    current = locked(row.pk)
    if current.state not in PROVEN:
        raise Refused("not-proven", _("Use your passkey first."), detail=f"state {current.state}", status=409)
    if face_needed(current):
        raise face_is_needed()
    if current.kind in _NOTHING_WITHOUT:
        raise Refused(
            "face-needed",
            _NOTHING_WITHOUT[current.kind],
            detail=f"a {current.kind} without a camera comes to nothing",
            status=403,
        )
    end_waiting(current)
    current.state, current.decided_at = Transaction.State.DECIDED, now()
    current.evidence = replace(current.evidence, face=None)
    current.save()
    record(Tag.FACE_DECLINED, **told_of(current))
