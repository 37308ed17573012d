"""What the agent may know of its transaction: coarse, the same for every cause of a refusal (S7-02)."""

from typing import Any

from authsvc.core.errors import Refused
from authsvc.transactions import tries
from authsvc.transactions.capturing import OUTDATED, UNMEASURED
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.outgoing import is_left, waits
from authsvc.transactions.releasing import is_released
from authsvc.vault.ageing import age_of


def status_of(row: Transaction) -> dict[str, Any]:
    """Return the body of `GET status` (docs/protocol.md section 1)."""
    if row.state == Transaction.State.DECIDED:
        left = {"outgoing": True} if is_left(row) else {}
        return {"state": "done", "continue_url": row.agents_way_on, **left, **_proposal(row)}
    if row.state == Transaction.State.SUBMITTED:
        return {"state": "working"}
    last = row.captures.order_by("-number").first()
    if last is None or last.decided_at is None:
        return {"state": "ready"}
    if is_released(last):
        return {"state": "released", "outgoing": waits(row)}
    if locked := lock_of(row):
        return locked
    if last.state == Capture.State.AGAIN and not row.face_closed:
        return {"state": "again", "hint": last.hint}
    if last.reason in OUTDATED:
        return {"state": "refused", "may_retry": False, "why": "outdated"}
    if last.reason == UNMEASURED:
        return {"state": "refused", "may_retry": False, "why": "unmeasured"}
    return {"state": "refused", "may_retry": not row.face_closed}


def _proposal(row: Transaction) -> dict[str, Any]:
    """Return that a renewal is proposed, where the face that was just accepted is old."""
    if row.kind != Transaction.Kind.AUTHENTICATE or row.subject is None or row.evidence.face is None:
        return {}
    age = age_of(row.subject)
    return {"renewal": "proposed"} if age is not None and age.proposed_since is not None else {}


def lock_of(row: Transaction) -> dict[str, Any] | None:
    """Return the status of a transaction whose person's face is locked now, None where it is not."""
    try:
        if row.subject is not None:
            tries.check_not_locked(row.subject)
    except Refused as refused:
        return {"state": "locked", "retry_after": refused.retry_after}
    return None
