"""What every event of a transaction says: of which it is, who asked, and about whom (S9.4-11)."""

from authsvc.clients.directory import find_client_by_key
from authsvc.transactions.models import Transaction


def told_of(row: Transaction) -> dict[str, str]:
    """Return the columns of an event about a transaction, to be handed to `record`.

    The relying party comes from memory: an event is written while the tenant's chain is locked.
    """
    party = find_client_by_key(row.client_id) if row.client_id else None
    return {
        "transaction": row.pk,
        "client": party.client_id if party is not None else "",
        "subject": str(row.subject_id or ""),
    }
