"""An agent's first step in a session of liveness: it proves the key that the relying party named."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from authsvc.capture.agents import read_agent, require_agent_allowed
from authsvc.clients.directory import find_client_by_key
from authsvc.clients.scopes import LIVENESS
from authsvc.core.errors import Refused
from authsvc.transactions.models import Transaction
from authsvc.transactions.services import (
    Possession,
    hold_to_key,
    possession_challenge,
    record_possession,
    record_possession_refusal,
    require_session,
)


def require_served(transaction: Transaction) -> None:
    """Refuse another kind of transaction, and a site that may have no sessions any more: nobody is filmed."""
    require_session(transaction)
    client = find_client_by_key(transaction.client_id or "")
    if client is None or LIVENESS not in client.scopes:
        raise Refused(
            "ended",
            _("This is over. Please go back to the site."),
            detail="the relying party is disabled, or has the scope no more",
            status=410,
        )


def key_options(transaction: Transaction, *, session_key: Any, agent: Any) -> dict[str, str]:
    """Return what the named key has to sign for this session key; raises Refused.

    A page that is too old is told so before anything is signed.
    """
    read_agent(agent)
    require_served(transaction)
    hold_to_key(transaction, session_key)
    return {"challenge": possession_challenge(transaction, session_key)}


def complete_key(transaction: Transaction, *, proof: Any, agent: Any, browser_key: str) -> dict[str, str]:
    """Take the proof and return what comes next; from now on the session is the agent's with the key alone.

    Raises Refused, after recording why.
    """
    try:
        require_served(transaction)
        described = read_agent(agent).agent
        if not isinstance(proof, str):
            raise Refused("key-refused", _("Please try again."), detail="the proof is not a text")
        require_agent_allowed(transaction.tenant, described.type)
        record_possession(transaction, Possession(proof, described), browser_key=browser_key)
    except Refused as refused:
        record_possession_refusal(transaction, refused)
        raise
    transaction.refresh_from_db()
    if transaction.state != Transaction.State.PROVEN:
        return {"next": "done"}  # as a developer chose
    return {"next": "capture", "shows": "presence"}
