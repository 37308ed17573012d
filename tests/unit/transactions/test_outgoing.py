"""What a worker leaves for an agent: for that one agent, once, for a minute, and nobody else can open it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import outgoing, services
from authsvc.transactions.models import Capture, Outgoing, Transaction
from authsvc.transactions.records import NewReference
from tests.factories import make_tenant, offer_sample_key
from tests.unit.capture.agent import Agent
from tests.unit.transactions import flow

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S6.3-01")]
BUNDLES = (b"one moment" * 30, b"another")
RECEIVER = ECKey.generate_key("P-256")


@pytest.fixture
def agent() -> Any:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        offer_sample_key()
        publish_policy(document={**DEFAULT, "models": ["B", "G"]}, published_by="admin")
        yield Agent(tenant)


def left(agent: Agent) -> tuple[Transaction, Capture]:
    """An enrolment whose worker has left something with its verdict."""
    subject, _ = flow.person()
    row = agent.open(Transaction.Kind.ENROL, subject=subject)
    assert agent.passkey(row).status_code == 200
    row.refresh_from_db()
    services.issue_capture(row, challenge=flow.CHALLENGE)
    capture = services.accept_sample(row, b"sealed")
    content = outgoing.ForPhone(BUNDLES, "pseudonym", 3, "credential")
    outgoing.leave(capture, content, receiver=RECEIVER.as_dict(private=False))
    verdict = flow.verdict_on(capture, reference=NewReference("pseudonym", 3, "prf"))
    assert services.record_verdict(capture.pk, verdict)
    row.refresh_from_db()
    return row, capture


def opened(sealed: str, key: ECKey) -> tuple[dict[str, Any], list[str]]:
    registry = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"], strict_check_header=False)
    found = jwe.decrypt_compact(sealed, key, registry=registry)
    return dict(found.protected), json.loads(found.plaintext or b"")["bundles"]


def test_the_agent_hears_of_it_fetches_it_once_and_alone_opens_it(agent: Agent) -> None:
    row, capture = left(agent)
    assert agent.get(row, "status").json()["outgoing"] is True
    expires = Outgoing.objects.get().expires_at
    sealed = agent.post(row, "outgoing").json()["sealed"]
    header, bundles = opened(sealed, RECEIVER)
    assert bundles == [b64u(each) for each in BUNDLES]
    bound = {
        "txn": row.pk,
        "dev": "credential",
        "chl": capture.challenge["nonce"],
        "ref": "pseudonym",
        "ver": 3,
    }
    assert bound.items() <= header.items()
    assert (header["typ"], header["exp"]) == (outgoing.TYPE, int(expires.timestamp()))
    assert expires - now() <= timedelta(seconds=60)
    with pytest.raises(JoseError):
        opened(sealed, ECKey.generate_key("P-256"))
    again = agent.post(row, "outgoing")
    assert (again.status_code, again.json()["error"]) == (409, "nothing-waits")
    assert not Outgoing.objects.exists()
    assert "outgoing" not in agent.get(row, "status").json()
    tags = AuditEvent.objects.filter(transaction=row.pk).values_list("tag", flat=True)
    assert {Tag.OUTGOING_LEFT, Tag.OUTGOING_FETCHED} <= set(tags)


def test_another_browser_does_not_get_it(agent: Agent) -> None:
    row, _ = left(agent)
    stranger = Agent(agent.tenant)
    assert stranger.post(row, "outgoing").status_code == 403
    assert Outgoing.objects.exists()


@pytest.mark.requirement("S7-04")
def test_what_is_not_fetched_in_a_minute_is_erased_and_ends_its_transaction(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, _ = left(agent)
    later = now() + timedelta(seconds=61)
    monkeypatch.setattr("authsvc.transactions.outgoing.now", lambda: later)
    assert agent.post(row, "outgoing").status_code == 409
    monkeypatch.setattr("authsvc.transactions.sweeping.now", lambda: later)
    monkeypatch.setattr("authsvc.transactions.sweeping.reclaim_space", lambda: None)
    assert services.sweep()["outgoing"] == 1
    assert not Outgoing.objects.exists()
    row.refresh_from_db()
    assert row.state == Transaction.State.EXPIRED


def test_nothing_takes_effect_before_it_is_fetched(agent: Agent) -> None:
    row, _ = left(agent)
    with pytest.raises(Refused) as refused:
        services.consume(row.pk, agent.client.cookies[f"visor_txn_{row.pk}"].value, at=row.continue_path)
    assert refused.value.code == "not-fetched"
    row.refresh_from_db()
    assert row.state == Transaction.State.DECIDED


def test_who_leaves_erases_it(agent: Agent) -> None:
    row, _ = left(agent)
    services.cancel(row)
    assert not Outgoing.objects.exists()


def test_a_model_that_sends_nothing_down_refuses_and_it_is_recorded(agent: Agent) -> None:
    publish_policy(document=DEFAULT, published_by="admin")
    row = agent.open(Transaction.Kind.ENROL, subject=flow.person()[0])
    answer = agent.post(row, "outgoing")
    assert (answer.status_code, answer.json()["error"]) == (403, "not-this-model")
    assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, transaction=row.pk).count() == 1
