"""Who takes part in a transaction, and what each may do (docs/adr/0170).

A party is known by a key of which only the digest is kept. On one device a browser holds both parts: it
begins, and the person's face and passkey are before it too (workflow W1). Across devices a desk begins and
takes the result, and the phone that took the transaction over (`handoff.py`) is the agent alone (workflow
W2). Every comparison of a digest is made here.
"""

import secrets
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.core.ids import secret_hash
from authsvc.transactions.models import Transaction


class Party(StrEnum):
    """The parts that are played in a transaction."""

    INITIATOR = "initiator"
    """Whoever began it, and alone may take its result."""
    AGENT = "agent"
    """Whoever stands before the person: it proves a passkey, asks for challenges, and uploads."""


def is_party(row: Transaction, party: Party, key: str | None) -> bool:
    """Tell whether the holder of a key plays that part in the transaction; nobody does without a key.

    Nobody begins a session of liveness by a key: its relying party does, and proves itself as a client.
    """
    if party is Party.INITIATOR and row.kind == Transaction.Kind.LIVENESS:
        return False
    return secrets.compare_digest(_digest_of(row, party), secret_hash(key or ""))


def require_party(row: Transaction, party: Party, key: str | None) -> None:
    """Raise Refused (403) where the holder of a key does not play that part in the transaction."""
    if not is_party(row, party, key):
        raise Refused(
            "foreign-browser",
            _("This sign-in was started in another browser. Please start again."),
            detail="the agent cookie is missing or another browser's",
            status=403,
        )


def renew_key(row: Transaction, key: str) -> None:
    """Let the holder of this key alone play the agent's part from now on, and on one device both.

    A passkey was used there: who lured a person into a transaction of their own, by whatever means, holds a
    key that is worth nothing when there is something to take (ADR 0285). Across devices the desk's key stays
    as it was: that it stands before the same person is what the number says (ADR 0376).
    """
    row.save(update_fields=[put_key(row, key)])


def put_key(row: Transaction, key: str) -> str:
    """Put that key into the row, as `renew_key` does, and return the column for whoever saves it."""
    column = "agent_digest" if row.handed_over else "browser_digest"
    setattr(row, column, secret_hash(key))
    return column


def _digest_of(row: Transaction, party: Party) -> str:
    agent = row.agent_digest or row.browser_digest
    return {Party.INITIATOR: row.browser_digest, Party.AGENT: agent}[party]
