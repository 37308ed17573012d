"""T14: a device proof holds for the session key that the passkey signed, and for no other."""

from collections.abc import Iterator
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.devices.models import Device
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Transaction
from tests.factories import make_tenant, offer_sample_key
from tests.unit.capture.agent import Agent, session_key
from tests.unit.transactions import flow

State = Transaction.State


@pytest.fixture
def agent(db: None) -> Iterator[Agent]:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        offer_sample_key()
        yield Agent(tenant)


def ask(agent: Agent, row: Transaction, key: dict[str, str]) -> Any:
    """Ask for options with a session key."""
    return agent.post(row, "passkey/options", {"session_key": key})


@pytest.fixture
def proven(agent: Agent) -> Transaction:
    agent.enrolled()
    row = agent.proven()
    row.refresh_from_db()
    assert row.state == State.PROVEN
    return row


@pytest.mark.requirement("S9.5-03")
@pytest.mark.parametrize("challenged", [False, True])
def test_t14_another_key_takes_the_proof_back(agent: Agent, proven: Transaction, challenged: bool) -> None:
    if challenged:
        assert agent.post(proven, "challenge", {"prefer": None}).status_code == 200
    other = session_key()
    options = ask(agent, proven, other).json()["publicKey"]
    assert "pubKeyCredParams" not in options
    row = Transaction.objects.get(pk=proven.pk)
    assert (row.state, row.device, row.stored_evidence) == (State.OPEN, None, {})
    # What was asked stays as it was, and waits for the proof (T07).
    assert row.captures.filter(state=Capture.State.ISSUED).exists() is challenged
    for step, body in (("challenge", {"prefer": None}), ("without-face", {})):
        assert agent.post(row, step, body).status_code == 409
    assert agent.upload(row).status_code == 409
    assert AuditEvent.objects.filter(tag=Tag.DEVICE_PROOF_DROPPED, transaction=row.pk).exists()
    assert agent.passkey(row, agent.answer(options)).status_code == 200
    row.refresh_from_db()
    assert (row.state, row.session_key) == (State.PROVEN, other)


def test_t14_the_proven_key_may_ask_again_and_stays(agent: Agent, proven: Transaction) -> None:
    assert ask(agent, proven, agent.session_key).status_code == 200
    row = Transaction.objects.get(pk=proven.pk)
    assert (row.state, row.session_key) == (State.PROVEN, agent.session_key)


def test_t14_a_key_that_is_none_changes_nothing_that_counts(agent: Agent, proven: Transaction) -> None:
    assert ask(agent, proven, {}).status_code == 400
    assert agent.post(proven, "challenge", {"prefer": None}).status_code == 409


def test_t14_a_binding_begins_anew_with_another_key(agent: Agent) -> None:
    agent.enrolled()
    row = agent.open(Transaction.Kind.BIND)
    assert agent.passkey(row).json() == {"next": "create"}
    agent.session_key = session_key()
    assert agent.passkey(row).json() == {"next": "create"}
    assert Device.objects.count() == 1
    assert agent.passkey(row).status_code == 200
    assert Device.objects.count() == 2


def test_t14_an_enrolment_proves_the_passkey_that_it_made(agent: Agent) -> None:
    subject = agent.enrolled()
    row = Transaction.objects.get(subject=subject)
    agent.session_key = session_key()
    assert agent.passkey(row).json() == {"next": "capture"}
    assert Device.objects.count() == 1


@pytest.mark.requirement("S9.5-03")
def test_t14_an_answer_to_an_earlier_challenge_proves_no_later_key(agent: Agent) -> None:
    _, device = flow.person()
    row = flow.opened()
    first = services.new_device_challenge(row, session_key())
    services.new_device_challenge(row, session_key())
    proof = services.DeviceProof(device, flow.AGENT, b64u(first))
    with pytest.raises(Refused, match="bad-session-key"):
        services.record_device_proof(row, proof, browser_key=flow.BROWSER)
    row.refresh_from_db()
    assert (row.state, row.device) == (State.OPEN, None)


def test_t14_no_challenge_is_made_for_another_key_behind_a_proof(agent: Agent) -> None:
    row = flow.proven(flow.person()[1])
    with pytest.raises(Refused, match="bad-session-key"):
        services.new_device_challenge(row, session_key())
