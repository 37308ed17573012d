"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta
from typing import Final

from authsvc.core.retention import Kept, Swept
from authsvc.tenancy.open_work import SAMPLE

_CAPTURES: Final = {"transactions_capture": "transaction_id"}

ROWS = (
    Swept(
        "transactions_transaction",
        "ended_at",
        timedelta(days=1),
        "nobody was there: kept for a day, for whoever asks why a sign-in led nowhere",
        only="subject_id IS NULL",
        takes=_CAPTURES,
    ),
    Swept(
        "transactions_transaction",
        "ended_at",
        timedelta(days=90),
        "the portal explains an attempt for three months; the log says for longer that there was one",
        takes=_CAPTURES,
    ),
    Kept("transactions_capture", "with its transaction"),
    Swept(
        "transactions_sealedsample",
        "received_at",
        SAMPLE,
        "deleted with the verdict; nobody can open it once its worker's key is gone",
        longest=timedelta(0),
        key="capture_id",
    ),
    Swept(
        "transactions_outgoing",
        "expires_at",
        timedelta(0),
        "fetched once, within a minute; authsvc/transactions/sweeping.py ends its transaction before",
        longest=timedelta(minutes=1),
        key="capture_id",
    ),
    Kept("transactions_attemptcounter", "for good: one row a person, the face tries that failed in a row"),
)
