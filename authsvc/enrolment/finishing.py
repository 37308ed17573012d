"""What is undone where the result of a capture cannot take effect: an enrolment's, or a renewal's."""

from collections.abc import Iterator
from contextlib import contextmanager

from authsvc.core.errors import Refused
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import Party, cancel, find_live


@contextmanager
def undone_where_refused(kind: str, transaction_id: str, browser_key: str | None) -> Iterator[None]:
    """Cancel a decided transaction of this kind where the block raises Refused, and with it what it made."""
    begun = find_live(transaction_id, browser_key, party=Party.INITIATOR)
    try:
        yield
    except Refused:
        if (begun.kind, begun.state) == (kind, Transaction.State.DECIDED):
            cancel(begun)
        raise
