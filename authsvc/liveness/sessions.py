"""Opening a session, and finding one again."""

from typing import Final

from django.db import transaction as database
from django.urls import reverse

from authsvc.clients.models import RelyingParty
from authsvc.core.ids import new_secret
from authsvc.hosts.places import place_of
from authsvc.limits.register import LIVENESS, LIVENESS_OPEN
from authsvc.oidc.wire.limiting import spend
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import LivenessRequest
from authsvc.transactions.services import count_sessions, find_session, open_transaction

_COME_BACK: Final = 5
"""Seconds until a relying party whose sessions are all open asks again."""


@database.atomic
def open_session(client: RelyingParty, asked: LivenessRequest) -> tuple[Transaction, str]:
    """Open a session for a relying party; return it, and the address of the page for its agent.

    Behind the address stands the agent's key, in the fragment: no server and no log gets it. Raises
    RequestRefused (429) where the relying party has opened too many.
    """
    spend((LIVENESS, client.pk))
    running = count_sessions(client)
    if running >= LIVENESS_OPEN.most:
        raise RequestRefused(
            "temporarily_unavailable",
            "As many sessions of this client are open as may be at once.",
            rule=LIVENESS_OPEN.name,
            came=f"{running} open sessions",
            expected=f"at most {LIVENESS_OPEN.most} at once",
            status=429,
            headers={"Retry-After": str(_COME_BACK)},
        )
    key = new_secret()
    row = open_transaction(
        kind=Transaction.Kind.LIVENESS, browser_key=key, continue_path="", client=client, request=asked
    )
    page = reverse("liveness:page", kwargs={"tenant": client.tenant.slug, "txn": row.pk})
    return row, f"{place_of(client.tenant_id).origin}{page}#{key}"


def own_session(client: RelyingParty, identifier: str) -> Transaction:
    """Return a session that this relying party opened; raises RequestRefused (404) for every other id."""
    row = find_session(identifier, client)
    if row is None:
        raise RequestRefused(
            "unknown_session",
            "This client has opened no such session.",
            rule="liveness-session",
            came=identifier,
            expected="a session that this client opened within a day",
            status=404,
        )
    return row
