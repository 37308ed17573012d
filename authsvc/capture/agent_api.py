"""The agent API of docs/protocol.md section 1: each step reads, calls one service, and answers."""

from typing import Any

from django.db import transaction as database
from django.utils.translation import gettext_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from authsvc.capture import wire
from authsvc.capture.browser import browser_key, set_browser_key
from authsvc.capture.challenge import offer_challenge
from authsvc.capture.endpoints import AgentEndpoint, JsonEndpoint
from authsvc.capture.flow import agree, complete_passkey, describe, finish_without_face, passkey_options
from authsvc.capture.possession import complete_key, key_options
from authsvc.capture.queueing import enqueue_verification
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.services import (
    Party,
    accept_sample,
    cancel,
    fetch,
    find_live,
    look_after,
    own_transaction,
    status_of,
    watched,
)

_DONE = gettext_lazy("This step is already done.")


class Show(AgentEndpoint):
    """What the transaction is for."""

    def get(self, request: Request, **_: Any) -> Response:
        """Describe it."""
        return Response(describe(self.transaction))


class PasskeyOptions(AgentEndpoint):
    """The WebAuthn options that are due."""

    def post(self, request: Request, **_: Any) -> Response:
        """Give them for the agent's session key."""
        sent = self.body
        return Response(
            passkey_options(
                self.transaction,
                session_key=sent.get("session_key"),
                passkey=sent.get("passkey"),
                agent=sent.get("agent"),
                receiving_key=sent.get("receiving_key"),
            )
        )


class Passkey(AgentEndpoint):
    """A passkey's answer."""

    def post(self, request: Request, **_: Any) -> Response:
        """Take it, say what comes next, and hand the transaction's new key to this browser alone."""
        sent, key = self.body, new_secret()
        answer = complete_passkey(
            self.transaction, credential=sent.get("credential"), agent=sent.get("agent"), browser_key=key
        )
        response = Response(answer)
        set_browser_key(request, response, self.transaction.pk, key)
        return response


class KeyOptions(AgentEndpoint):
    """What the key has to sign that the relying party named; of a session of liveness alone."""

    def post(self, request: Request, **_: Any) -> Response:
        """Give it for the agent's session key."""
        sent = self.body
        return Response(
            key_options(self.transaction, session_key=sent.get("session_key"), agent=sent.get("agent"))
        )


class Key(AgentEndpoint):
    """The proof by that key."""

    def post(self, request: Request, **_: Any) -> Response:
        """Take it, say what comes next, and hand the session's new key to this agent alone."""
        sent, key = self.body, new_secret()
        answer = complete_key(
            self.transaction, proof=sent.get("proof"), agent=sent.get("agent"), browser_key=key
        )
        return Response({**answer, "key": key})


class Consent(AgentEndpoint):
    """The person's consent to a notice that is new to them, before the camera of a sign-in."""

    def post(self, request: Request, **_: Any) -> Response:
        """Take it, and say what comes next."""
        return Response(agree(self.transaction, notice_version=self.body.get("notice_version")))


class WithoutFace(AgentEndpoint):
    """The way on with the passkey alone (S5.3-02)."""

    def post(self, request: Request, **_: Any) -> Response:
        """Take it; the body holds nothing, and is held to its form all the same."""
        _ = self.body
        return Response(finish_without_face(self.transaction))


class Challenge(AgentEndpoint):
    """A challenge, with the key to seal the answer to; one for pictures, or for a share alone."""

    def post(self, request: Request, **_: Any) -> Response:
        """Draw one."""
        sent = self.body
        return Response(offer_challenge(self.transaction, prefer=sent.get("prefer"), want=sent.get("want")))


def _hand_on(capture: Capture) -> None:
    """Queue a capture once it is stored: where the queue is down it is safe, and the sweeper hands it on."""

    def hand_on() -> None:  # Django logs the name of what failed, which a partial has not
        enqueue_verification(tenant_id=str(capture.tenant_id), capture_id=capture.id, capture=capture)

    database.on_commit(hand_on, robust=True)


class Sample(AgentEndpoint):
    """The one sealed sample."""

    parser_classes = (wire.SampleParser, wire.JsonSampleParser)

    def post(self, request: Request, **_: Any) -> Response:
        """Take it; what was not asked for is refused before it is read (S6.2-01)."""
        if self.transaction.state != Transaction.State.CHALLENGED:
            raise Refused(
                "no-challenge",
                _DONE,
                detail=f"sample in state {self.transaction.state}",
                status=409,
            )
        body = request.data
        assert isinstance(body, bytes)
        with database.atomic():
            capture = accept_sample(self.transaction, body)
            _hand_on(capture)
        return Response({"next": "wait"}, status=202)


class Status(JsonEndpoint):
    """How far it is."""

    def get(self, request: Request, txn: str, **_: Any) -> Response:
        """Say it; an ended transaction is `expired` for every agent that may ask."""
        try:
            found, in_vain = watched(txn)
            transaction = find_live(txn, browser_key(request, txn), party=Party.AGENT, known=found)
            if in_vain and (capture := look_after(transaction)):
                _hand_on(capture)
            return Response(status_of(transaction))
        except Refused as refused:
            if refused.code not in {"expired", "ended"}:
                raise
            return Response(_after_the_end(txn, browser_key(request, txn)))


def _after_the_end(txn: str, key: str | None) -> dict[str, str]:
    """Return what an agent hears of what is over; a phone's is when the desk has taken the result."""
    row = own_transaction(txn, key, party=Party.AGENT)
    if row is not None and row.handed_over and row.state == Transaction.State.CONSUMED:
        return {"state": "done", "continue_url": row.agents_way_on}
    return {"state": "expired"}


class Outgoing(AgentEndpoint):
    """What a worker left for this agent to keep."""

    def post(self, request: Request, **_: Any) -> Response:
        """Hand it over, once; the body is held to its form like every other."""
        _ = self.body
        return Response({"sealed": fetch(self.transaction)})


class Leave(AgentEndpoint):
    """The end, because the person leaves."""

    def post(self, request: Request, **_: Any) -> Response:
        """End the transaction; the body is held to its form like every other."""
        _ = self.body
        cancel(self.transaction)
        return Response({"continue_url": self.transaction.agents_way_on})
