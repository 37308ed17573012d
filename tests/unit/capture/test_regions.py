"""While nobody of the pinned region is there faces wait, and the auditor hears why (S10-12)."""

from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.components import Component
from authsvc.keys.holding import Holder
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.transactions.models import Capture
from tests.factories import offer_sample_key
from tests.unit.capture.agent import Agent

pytestmark = pytest.mark.requirement("S10-12")
HERE = (Component("store", region="eu-1"), Component("keys", region="eu-1"))


def asked(agent: Agent) -> Any:
    """Ask for a challenge in a sign-in of a person with a face; one that is refused goes on without."""
    row = agent.proven()
    answer = agent.post(row, "challenge", {"prefer": None})
    if answer.status_code != 200:
        assert agent.post(row, "without-face").json()["next"] == "done"
    return answer


@pytest.mark.parametrize(
    ("declared", "code", "said"),
    [
        (HERE, "no-worker", "no worker of eu-1 has published a sample key"),
        (HERE[:1], "region-elsewhere", "pinned to eu-1: the key service is in no named region"),
    ],
)
def test_faces_wait_calmly_and_the_auditor_hears_why(
    agent: Agent, settings: Any, declared: tuple[Component, ...], code: str, said: str
) -> None:
    agent.enrolled()
    publish_policy(document={**DEFAULT, "region": "eu-1"}, published_by="admin")
    settings.COMPONENTS = declared
    answer = asked(agent)
    assert (answer.status_code, answer.json()["error"]) == (503, code)
    assert "continue without your face" in answer.json()["message"]
    assert not Capture.objects.exists()
    event = AuditEvent.objects.get(tag=Tag.AGENT_REFUSED)
    assert (event.reason, event.details["detail"]) == (code, said)


def test_the_key_that_is_given_out_is_of_the_region(agent: Agent, settings: Any) -> None:
    agent.enrolled()
    publish_policy(document={**DEFAULT, "region": "eu-1"}, published_by="admin")
    settings.COMPONENTS = (*HERE, Component("worker", "default", region="eu-1"))
    there = Holder()
    kid = offer_sample_key(there)
    seal = asked(agent).json()["seal"]
    assert (seal["kid"], seal["second"]) == (kid, None)
