"""T24: a broken policy closes the face and nothing else."""

import json
from typing import Any

import pytest
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.devices.models import Device
from authsvc.policy.evaluate import DEFAULT, policy_digest
from authsvc.policy.services import publish_policy
from authsvc.transactions.models import Transaction
from tests.factories import make_subject
from tests.unit.capture.agent import Agent

pytestmark = pytest.mark.requirement("S5.2-03")


def rewritten() -> None:
    """Rewrite the policy by SQL, with its digest."""
    weaker = {**DEFAULT, "minimum_quality": 41}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE policy_policyversion SET document = %s, digest = %s",
            [json.dumps(weaker), policy_digest(weaker)],
        )


def without_a_row() -> None:
    """Delete every version, of which the newest was number 1."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM policy_policyversion")


@pytest.fixture(params=[rewritten, without_a_row], ids=["rewritten", "deleted"])
def broken(request: pytest.FixtureRequest, agent: Agent, django_capture_on_commit_callbacks: Any) -> None:
    """A tenant's policy that somebody altered."""
    agent.enrolled()
    with django_capture_on_commit_callbacks(execute=True):
        publish_policy(document={**DEFAULT, "minimum_quality": 50}, published_by="an administrator")
    request.param()


def told() -> list[str]:
    rows = AuditEvent.objects.filter(tag=Tag.SEAL_REFUSED.value)
    return list(rows.values_list("reason", flat=True))


def test_t24_the_passkey_route_goes_on_and_the_reason_is_told(agent: Agent, broken: None) -> None:
    row = agent.open()
    assert agent.get(row).json()["face"]["offered"] is False
    assert agent.passkey(row).json() == {"next": "done", "continue_url": f"/done/{row.id}"}
    assert told() == ["policy"]


def test_t24_no_camera_starts(agent: Agent, broken: None) -> None:
    row = agent.open()
    agent.passkey(row)
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.PROVEN)
    answer = agent.post(row, "challenge", {"prefer": None})
    assert (answer.status_code, answer.json()["error"]) == (409, "face-closed")
    assert "continue without" in answer.json()["message"]


def test_t24_no_passkey_is_added_to_a_face_that_cannot_be_judged(
    agent: Agent, broken: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one made in vain: the page says so after the first passkey, and nothing is left pending."""
    monkeypatch.setattr("authsvc.transactions.comparing.opens_for", lambda *_, **__: True)
    row = agent.open(Transaction.Kind.BIND)
    assert agent.passkey(row).json() == {"next": "face-closed"}
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/").content.decode()
    assert "No passkey can be added now" in page
    refused = agent.post(row, "passkey/options", {"session_key": agent.session_key})
    assert (refused.status_code, refused.json()["error"]) == (409, "face-closed")
    assert "Please try again later" in refused.json()["message"]
    assert agent.post(row, "without-face").status_code == 403
    assert not Device.objects.filter(status=Device.Status.PENDING).exists()


def test_t24_without_a_face_a_passkey_is_added_as_ever(agent: Agent, broken: None) -> None:
    row = agent.open(Transaction.Kind.BIND)
    assert agent.passkey(row).json() == {"next": "create"}
    assert agent.passkey(row).json()["next"] == "done"


def test_t24_an_enrolment_goes_on_without_the_face(agent: Agent, broken: None) -> None:
    person = make_subject(reference="", status="invited")
    row = agent.open(Transaction.Kind.ENROL, subject=person)
    assert agent.passkey(row).json()["next"] == "done"
