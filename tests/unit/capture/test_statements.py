"""What each step of a sign-in with a face asks the database for (docs/adr/0515), and what Python it takes.

Counted is what does the step's work, without what begins and ends a transaction or tells the scope; and calls
of Python functions, which the machine's other work does not change (docs/adr/0531, 0532).
"""

import sys
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authsvc.clients.models import RelyingParty
from authsvc.core import remembered
from authsvc.core.ids import new_id
from authsvc.transactions.models import Capture, Transaction
from authsvc.transactions.services import record_verdict
from authsvc.vault.ageing import as_stored, with_moment
from authsvc.vault.models import Reference
from tests.factories import make_party
from tests.unit.capture.agent import Agent
from tests.unit.transactions.flow import verdict_on

pytestmark = pytest.mark.needs("postgresql")
_CUES = timedelta(seconds=30)
_ENDS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT")

STEPS = {
    "page": 1,
    "agent": 2,
    "options": 3,
    "passkey": 10,
    "challenge": 11,
    "sample": 6,
    "working": 1,
    "verdict": 5,
    "done": 1,
}

# At most, a seventh more than were counted; before ADR 0531 and 0532 three times as many and more.
CALLS = {
    "page": 4500,
    "agent": 2100,
    "options": 3100,
    "passkey": 6500,
    "challenge": 6400,
    "sample": 5700,
    "working": 1900,
    "verdict": 5200,
    "done": 2000,
}


@pytest.fixture(autouse=True)
def _nothing_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember what is remembered to the end of a sign-in, however slow the machine is."""
    monkeypatch.setattr(remembered, "monotonic", lambda: 0.0)


class Counted:
    """The statements of each step, by its name."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}

    def step(self, name: str, does: Any) -> Any:
        """Do a step and return what it does."""
        with CaptureQueriesContext(connection) as asked:
            done = does()
        said = [each["sql"] for each in asked.captured_queries]
        self.said[name] = [each for each in said if not each.startswith(_ENDS)]
        return done


class CountedCalls(Counted):
    """The calls of each step, of which all but the server's own are few."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, int] = {}

    def step(self, name: str, does: Any) -> Any:
        """Do a step and return what it does."""
        found = 0

        def count(_frame: FrameType, event: str, _what: object) -> None:
            nonlocal found
            found += event == "call"

        sys.setprofile(count)
        try:
            done = does()
        finally:
            sys.setprofile(None)
        self.calls[name] = found
        return done


def _person(agent: Agent) -> RelyingParty:
    """Let the agent be that of somebody with a face, and of a process that has read what it remembers."""
    reference = new_id()
    moments = as_stored(reference, with_moment([], reference))
    agent.enrolled(reference=reference, reference_moments=moments)
    Reference.objects.create(pseudonym=reference, model="G", engine="engine", sealed_template=b"sealed")
    party = make_party()
    _signed_in(agent, agent.open(client=party), Counted())
    return party


def test_a_sign_in_takes_no_more_python_than_it_needs(agent: Agent) -> None:
    party, counted = _person(agent), CountedCalls()
    _signed_in(agent, agent.open(client=party), counted)
    assert counted.calls.keys() == CALLS.keys()
    too_many = {name: calls for name, calls in counted.calls.items() if calls > CALLS[name]}
    assert not too_many, str(counted.calls)


def test_a_sign_in_asks_for_no_more_than_it_needs(agent: Agent) -> None:
    party, counted = _person(agent), Counted()
    _signed_in(agent, agent.open(client=party), counted)
    found = {name: len(said) for name, said in counted.said.items()}
    assert found == STEPS, "\n".join(
        f"{name}: {each}" for name, said in counted.said.items() for each in said
    )


def _signed_in(agent: Agent, row: Transaction, counted: Counted) -> None:
    page = f"/t/{agent.tenant.slug}/signin/{row.pk}/"
    assert counted.step("page", lambda: agent.client.get(page)).status_code == 200
    assert counted.step("agent", lambda: agent.get(row)).status_code == 200
    options = counted.step("options", lambda: agent.options(row))
    credential = agent.answer(options)
    assert counted.step("passkey", lambda: agent.passkey(row, credential)).json()["next"] == "choose"
    assert counted.step("challenge", lambda: agent.post(row, "challenge", {})).status_code == 200
    capture = row.captures.get()
    Capture.objects.filter(pk=capture.pk).update(issued_at=capture.issued_at - _CUES)
    assert counted.step("sample", lambda: agent.upload(row, early=True)).status_code == 202
    assert counted.step("working", lambda: agent.get(row, "status")).json()["state"] == "working"
    capture.refresh_from_db()
    verdict = verdict_on(capture)
    assert counted.step("verdict", lambda: record_verdict(capture.pk, verdict))
    assert counted.step("done", lambda: agent.get(row, "status")).json()["state"] == "done"
