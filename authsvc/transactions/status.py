"""What the agent may know of its transaction: coarse, the same for every cause of a refusal (S7-02)."""

from typing import Any

from authsvc.core.errors import Refused
from authsvc.transactions import tries
from authsvc.transactions.models import Capture, Transaction


def status_of(row: Transaction) -> dict[str, Any]:
    """Return the body of `GET status` (docs/protocol.md section 1)."""
    if row.state == Transaction.State.DECIDED:
        return {"state": "done", "continue_url": row.continue_path}
    if row.state == Transaction.State.SUBMITTED:
        return {"state": "working"}
    last = row.captures.order_by("-number").first()
    if last is None or last.decided_at is None:
        return {"state": "ready"}
    if locked := lock_of(row):
        return locked
    if last.state == Capture.State.AGAIN and not row.face_closed:
        return {"state": "again", "hint": last.hint}
    return {"state": "refused", "may_retry": not row.face_closed}


def lock_of(row: Transaction) -> dict[str, Any] | None:
    """Return the status of a transaction whose person's face is locked now, None where it is not."""
    try:
        if row.subject is not None:
            tries.check_not_locked(row.subject)
    except Refused as refused:
        return {"state": "locked", "retry_after": refused.retry_after}
    return None
