"""Who takes part in a transaction, and what each may do (docs/adr/0170).

A party is known by a key of which only the digest is kept. One browser holds both parts today: it begins,
and the person's face and passkey are before it too (workflow W1). Every comparison of a digest is made
here, so that a second browser is one more digest here and a change nowhere else.
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
    """Tell whether the holder of a key plays that part in the transaction; nobody does without a key."""
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
    """Let the holder of this key alone play the browser's parts from now on.

    A passkey was used there: who lured a person into a transaction of their own, by whatever means, holds a
    key that is worth nothing when there is something to take (ADR 0285).
    """
    row.browser_digest = secret_hash(key)
    row.save(update_fields=["browser_digest"])


def _digest_of(row: Transaction, party: Party) -> str:
    # One browser for both; a phone that takes over as the agent gets a digest of its own (W2).
    return {Party.INITIATOR: row.browser_digest, Party.AGENT: row.browser_digest}[party]
