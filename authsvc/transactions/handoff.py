"""Handing a transaction on to a second device, its agent from then on (W2, docs/protocol.md section 5).

The desk shows a link, as a QR code. Who opens it says that the desk's screen is before them; then the desk
shows a number, and the same device types it. One wrong number ends the hand-off for good: a guess succeeds
once in a hundred times, and there is one. The link lives no longer than its transaction, 300 s, and opens
nothing without the number.

Where both ends can, the desk asks for the passkey first, over hybrid transport (CTAP 2.2 section 11.5): that
its holder is near is what a page under another address, which passes the desk's on, cannot get.
"""

import secrets
from dataclasses import replace
from typing import Any, Final

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.assurance.evidence import HYBRID, NUMBER
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import secret_hash
from authsvc.devices.models import Device
from authsvc.transactions.lifecycle import locked
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import Handoff
from authsvc.transactions.telling import told_of

LINK_BYTES: Final = 16
"""Of the secret in a link: 128 random bits (RFC 9700 asks for as many of a secret that nobody may guess)."""

_WAITING: Final = {"shown", "met"}
_OVER: Final = _("This code is used up. Ask for a new one on the other screen.")


@database.atomic
def open_handoff(row: Transaction, *, digits: int, agent_path: str, near: bool = False) -> str:
    """Let a second device take the transaction over, and return the secret of the one link that does.

    `digits` is how long its number will be; `agent_path`, where that device goes at the end. With `near` a
    passkey must have been used at the desk, and proves it later. A link of before is dead from now on. Raises
    Refused (409) where a device has proven itself already, where one took it over or a wrong number was
    typed, for a kind of transaction that stays on one device, and where the passkey has yet to be used here.
    """
    current = locked(row.pk)
    passkey = _passkey_used_at_desk(current)
    if near and not passkey:
        raise Refused("near-first", _NEAR_FIRST, detail="no passkey was used at the desk", status=409)
    secret = secrets.token_urlsafe(LINK_BYTES)
    current.handoff = Handoff("shown", secret_hash(secret), digits, passkey=passkey, needed=near)
    current.agent_path = agent_path
    current.save(update_fields=["stored_handoff", "agent_path"])
    record(Tag.HANDOFF_OPENED, **told_of(current), digits=digits)
    return secret


def _passkey_used_at_desk(row: Transaction) -> str:
    """Return the device of it, "" for none; raises Refused where the transaction is handed on no further."""
    _require_unproven(row)
    before = row.handoff
    if before is not None and before.is_over:
        raise Refused("handoff-closed", _NO_FURTHER, detail=f"the hand-off is {before.state}", status=409)
    return before.passkey if before is not None else ""


def desk_challenge(row: Transaction) -> bytes:
    """Return the challenge for a passkey that is used at the desk; raises Refused where it serves nothing."""
    _passkey_used_at_desk(row)
    return secrets.token_bytes(32)


@database.atomic
def record_nearness(row: Transaction, device: Device) -> None:
    """Note that the device's passkey was used at the desk; a link of before is dead from now on.

    Who is signed in is not decided by it: the second device proves that by itself. Raises Refused.
    """
    current = locked(row.pk)
    _passkey_used_at_desk(current)
    current.handoff = Handoff("near", "", 0, passkey=device.pk)
    current.save(update_fields=["stored_handoff"])
    record(Tag.HANDOFF_NEAR, **told_of(current), device=device.pk)


def how_handed_on(row: Transaction, device: Device) -> str:
    """Return what a transaction that this device proves says of its hand-off: "", "number" or "hybrid".

    Raises Refused (403) where a passkey of somebody else was used at the desk, or another one than has to be.
    """
    handoff = row.handoff
    if handoff is None or not row.handed_over:
        return ""
    if not handoff.passkey or handoff.passkey == device.pk:
        return HYBRID if handoff.passkey else NUMBER
    if handoff.needed or not Device.objects.filter(pk=handoff.passkey, subject=device.subject).exists():
        raise Refused(
            "other-passkey",
            _("Use the passkey that you used for the other screen."),
            detail="another passkey was used at the desk",
            status=403,
        )
    return NUMBER


_NEAR_FIRST: Final = _("Let this device find your phone first.")
_NO_FURTHER: Final = _("This sign-in cannot be handed on any more. Go on here, or start again.")


def find_handoff(transaction_id: str, secret: str, key: str | None) -> Transaction:
    """Return the transaction of a link, for a device that holds `key` or has none yet.

    Raises Refused: `unknown-code` (404), `code-over` (410), `code-met` (409) where another device met it.
    """
    row = Transaction.objects.select_related("client", "subject").filter(pk=transaction_id).first()
    if row is None or not _opens(row, secret):
        raise Refused("unknown-code", _("This code does not exist. Scan it again."), status=404)
    _require_waiting(row)
    if row.handoff is not None and row.handoff.state == "met" and not has_met(row, key):
        raise _met_by_another()
    return row


def _met_by_another() -> Refused:
    return Refused(
        "code-met",
        _("Another device has opened this code. If that was not you, cancel on the other screen."),
        detail="the link was met by another device",
        status=409,
    )


@database.atomic
def meet(row: Transaction, secret: str, *, key: str) -> None:
    """Note that somebody is before the desk's screen, who holds `key`; now the desk shows the number.

    The first device that says so is the only one: another is refused (409), as is a link that is over (410).
    """
    current, handoff = _waiting(row, secret)
    if handoff.state != "shown":
        raise _met_by_another()
    current.handoff = replace(
        handoff, state="met", met_by=secret_hash(key), number=draw_number(digits=handoff.digits)
    )
    current.save(update_fields=["stored_handoff"])
    record(Tag.HANDOFF_MET, **told_of(current))


def draw_number(*, digits: int) -> str:
    """Return a number of this many digits, each as likely as every other."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def has_met(row: Transaction, key: str | None) -> bool:
    """Tell whether the holder of the key is the device that met the transaction's link."""
    handoff = row.handoff
    return handoff is not None and handoff.state == "met" and _is_hash_of(handoff.met_by, key or "")


def is_number(text: str, *, digits: int) -> bool:
    """Tell whether a text could be a number: what is none costs no guess."""
    return text.isdecimal() and len(text) == digits


@database.atomic
def take_over(row: Transaction, secret: str, *, key: str | None, number: str, agent_key: str) -> bool:
    """Take the desk's number from the device that met the link; False for a wrong one, which ends it all.

    With the right one the holder of `agent_key` is the agent, alone: what the desk had begun of a proof is
    forgotten. Raises Refused for another device (409), and where the link is over (410).
    """
    current, handoff = _waiting(row, secret)
    if not has_met(current, key):
        raise _met_by_another()
    right = secrets.compare_digest(handoff.number.encode(), _in_ascii(number).encode())
    current.handoff = replace(handoff, state="taken" if right else "wrong", number="")
    changed = ["stored_handoff"]
    if right:
        current.agent_digest = secret_hash(agent_key)
        current.session_key = current.webauthn_nonce = current.webauthn_state = None
        changed += ["agent_digest", "session_key", "webauthn_nonce", "webauthn_state"]
    current.save(update_fields=changed)
    record(Tag.HANDOFF_TAKEN if right else Tag.HANDOFF_WRONG, **told_of(current))
    return right


@database.atomic
def deny(row: Transaction, secret: str) -> None:
    """End a hand-off whose link came to somebody who has no such screen before them; raises Refused."""
    current, handoff = _waiting(row, secret)
    current.handoff = replace(handoff, state="denied", number="")
    current.save(update_fields=["stored_handoff"])
    record(Tag.HANDOFF_DENIED, **told_of(current))


def _in_ascii(number: str) -> str:
    """Return the number in the digits that the desk shows; keyboards of other scripts have their own."""
    return "".join(str(int(digit)) for digit in number if digit.isdecimal())


def handoff_status(row: Transaction) -> dict[str, Any]:
    """Return how far a transaction is, for the desk alone (docs/protocol.md section 5).

    The number is in it while a device has met the link and not typed it; `near`, where a passkey was used
    here.
    """
    if row.state in Transaction.LEFT or row.state == Transaction.State.CONSUMED:
        return {"state": "over", "continue_url": row.continue_path}
    if row.state == Transaction.State.DECIDED:
        return {"state": "done", "continue_url": row.continue_path}
    handoff = row.handoff
    if handoff is None:
        return {"state": "none"}
    if handoff.state == "taken":
        return {"state": "taken", "step": row.state}
    number = {"number": handoff.number} if handoff.state == "met" else {}
    return {"state": handoff.state, **number, **({"near": True} if handoff.passkey else {})}


def _waiting(row: Transaction, secret: str) -> tuple[Transaction, Handoff]:
    current = locked(row.pk)
    handoff = current.handoff
    if handoff is None or not _opens(current, secret):
        raise Refused("code-over", _OVER, detail="another link was shown since", status=410)
    _require_waiting(current)
    return current, handoff


def _opens(row: Transaction, secret: str) -> bool:
    handoff = row.handoff
    return handoff is not None and _is_hash_of(handoff.link, secret)


def _is_hash_of(digest: str, secret: str) -> bool:
    return bool(digest) and secrets.compare_digest(digest, secret_hash(secret))


def _require_waiting(row: Transaction) -> None:
    handoff = row.handoff
    state = handoff.state if handoff is not None else "none"
    if state not in _WAITING or row.state != Transaction.State.OPEN or row.expires_at <= now():
        raise Refused(
            "code-over", _OVER, detail=f"the hand-off is {state}, the transaction {row.state}", status=410
        )


def _require_unproven(row: Transaction) -> None:
    if row.kind not in Transaction.HANDED_ON:
        raise Refused("handoff-closed", _NO_FURTHER, detail=f"{row.kind} stays on one device", status=409)
    if row.state != Transaction.State.OPEN or row.device_id is not None:
        raise Refused("handoff-closed", _NO_FURTHER, detail=f"state {row.state}", status=409)
