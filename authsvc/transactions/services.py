"""The public face of the transactions: what the other layers call."""

from authsvc.transactions.capturing import (
    NOT_FOLLOWED,
    accept_sample,
    cues_take,
    expire_capture,
    hand_over,
    issue_capture,
    look_after,
    record_verdict,
)
from authsvc.transactions.ceremony import (
    bound_device,
    open_ceremony,
    remember_bound,
    remember_ceremony,
    take_ceremony,
)
from authsvc.transactions.comparing import face_is_needed, face_needed
from authsvc.transactions.drawing import LOST, count_overdue, end_waiting, is_as_drawn
from authsvc.transactions.lifecycle import (
    cancel,
    consume,
    end_running,
    find_begun,
    find_live,
    open_transaction,
    own_transaction,
)
from authsvc.transactions.parties import Party, renew_key
from authsvc.transactions.proof import (
    DeviceProof,
    decline_face,
    expected_challenge,
    hold_to_key,
    new_device_challenge,
    record_device_proof,
    record_device_refusal,
)
from authsvc.transactions.references import attach_moment, attach_reference
from authsvc.transactions.samples import read_sealed
from authsvc.transactions.status import lock_of, status_of
from authsvc.transactions.sweeping import orphaned_captures, sweep, waiting_captures

__all__ = [
    "LOST",
    "NOT_FOLLOWED",
    "DeviceProof",
    "Party",
    "accept_sample",
    "attach_moment",
    "attach_reference",
    "bound_device",
    "cancel",
    "consume",
    "count_overdue",
    "cues_take",
    "decline_face",
    "end_running",
    "end_waiting",
    "expected_challenge",
    "expire_capture",
    "face_is_needed",
    "face_needed",
    "find_begun",
    "find_live",
    "hand_over",
    "hold_to_key",
    "is_as_drawn",
    "issue_capture",
    "lock_of",
    "look_after",
    "new_device_challenge",
    "open_ceremony",
    "open_transaction",
    "orphaned_captures",
    "own_transaction",
    "read_sealed",
    "record_device_proof",
    "record_device_refusal",
    "record_verdict",
    "remember_bound",
    "remember_ceremony",
    "renew_key",
    "status_of",
    "sweep",
    "take_ceremony",
    "waiting_captures",
]
