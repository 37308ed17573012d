"""Device proof: what is accepted, and every way in which it is not."""

from typing import Any

import pytest
from django.test import override_settings

from authsvc.assurance.evidence import Agent as Described
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.devices.models import Device
from authsvc.devices.worth import SIMULATOR_AAGUID
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import every_tenant_scope
from authsvc.transactions.models import AttemptCounter, Transaction
from devtools.phone.authenticator import AAGUID, Authenticator
from tests.factories import make_consent, make_subject
from tests.unit.capture.agent import Agent


def refused(answer: Any, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, code), body
    assert body["message"].endswith(".")
    event = AuditEvent.objects.filter(tag=Tag.AGENT_REFUSED).latest("sequence")
    assert (event.reason, event.transaction) == (code, body["reference"])


def test_the_simulators_model_is_the_one_that_the_server_knows() -> None:
    assert AAGUID == SIMULATOR_AAGUID


def test_creation_asks_for_a_discoverable_verified_passkey_with_prf(agent: Agent) -> None:
    row = agent.open(Transaction.Kind.ENROL, subject=make_subject())
    options = agent.options(row)
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert options["rp"]["id"] == "localhost"
    assert options["extensions"]["prf"]["eval"]["first"]


@pytest.mark.parametrize("syncable", [True, False])
def test_creation_stores_the_device_and_proves_it(agent: Agent, syncable: bool) -> None:
    agent.authenticator = Authenticator(backup_eligible=syncable)
    subject = make_subject(reference="", status=Subject.Status.INVITED)
    row = agent.open(Transaction.Kind.ENROL, subject=subject)
    make_consent(subject)
    assert agent.passkey(row).json() == {"next": "capture"}
    device = subject.devices.get()
    assert (device.key_kind, device.share_kind) == ("swk" if syncable else "hwk", "prf")
    assert (device.simulated, device.status) == (True, Device.Status.PENDING)
    row.refresh_from_db()
    assert (row.state, row.device_id) == (Transaction.State.PROVEN, device.id)


def test_without_prf_the_share_is_the_browsers(agent: Agent) -> None:
    agent.authenticator = Authenticator(supports_prf=False)
    assert agent.enrolled().devices.get().share_kind == "browser"


def test_a_passkey_identifies_and_proves_its_subject(agent: Agent) -> None:
    subject = agent.enrolled()
    row = agent.open()
    assert agent.passkey(row).json() == {"next": "choose"}
    row.refresh_from_db()
    assert (row.subject, row.state) == (subject, Transaction.State.PROVEN)
    assert row.evidence.passkey.user_verified
    assert row.evidence.agent == Described("simulator", "1")
    assert subject.devices.get().sign_count == 1


def test_a_person_without_a_face_is_done_with_the_passkey(agent: Agent) -> None:
    subject = agent.enrolled()
    subject.reference = ""
    subject.save()
    row = agent.open()
    assert agent.passkey(row).json() == {"next": "done", "continue_url": f"/done/{row.id}"}


def test_an_assertion_is_good_for_one_try(agent: Agent) -> None:
    agent.enrolled()
    row = agent.open()
    credential = agent.answer(agent.options(row))
    assert agent.passkey(row, credential).status_code == 200
    refused(agent.passkey(row, credential), 409, "no-passkey-challenge")


@pytest.mark.requirement("S9.5-03")
def test_an_assertion_of_another_transaction_is_refused(agent: Agent) -> None:
    agent.enrolled()
    first, second = agent.open(), agent.open()
    credential = agent.answer(agent.options(first))
    agent.options(second)
    refused(agent.passkey(second, credential), 403, "passkey-refused")


@pytest.mark.requirement("S9.5-03")
def test_an_assertion_for_another_origin_is_refused(agent: Agent) -> None:
    agent.enrolled()
    row = agent.open()
    credential = agent.answer(agent.options(row), origin="https://localhost.example")
    refused(agent.passkey(row, credential), 403, "passkey-refused")


def test_a_counter_that_goes_back_is_refused(agent: Agent) -> None:
    subject = agent.enrolled()
    subject.devices.update(sign_count=7)
    refused(agent.passkey(agent.open()), 403, "passkey-refused")


@pytest.mark.parametrize("status", [Device.Status.REVOKED, Device.Status.PENDING])
def test_a_device_that_is_not_active_is_refused(agent: Agent, status: str) -> None:
    agent.enrolled().devices.update(status=status)
    refused(agent.passkey(agent.open()), 403, "passkey-refused")


def test_a_closed_subject_is_refused(agent: Agent) -> None:
    subject = agent.enrolled()
    subject.status = Subject.Status.CLOSED
    subject.save()
    refused(agent.passkey(agent.open()), 403, "passkey-refused")


def test_a_transaction_for_somebody_else_is_refused(agent: Agent) -> None:
    agent.enrolled()
    row = agent.open(subject=make_subject())
    refused(agent.passkey(row), 403, "passkey-refused")


def test_another_user_handle_is_refused(agent: Agent) -> None:
    agent.enrolled()
    agent.authenticator.credentials[0].user_handle = b"x" * 32
    refused(agent.passkey(agent.open()), 403, "passkey-refused")


def test_missing_user_verification_is_refused(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    agent.enrolled()
    flags = type(agent.authenticator._flags())
    monkeypatch.setattr(Authenticator, "_flags", lambda self: flags.UP)
    refused(agent.passkey(agent.open()), 403, "passkey-refused")


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": "AA"},
        {"id": 1, "rawId": [], "response": None, "type": "public-key"},
        {"rawId": "AA", "response": {}},
    ],
)
def test_a_malformed_credential_is_refused(agent: Agent, credential: dict[str, Any]) -> None:
    agent.enrolled()
    for row in (agent.open(), agent.open(Transaction.Kind.ENROL, subject=make_subject())):
        agent.options(row)
        refused(agent.passkey(row, credential), 403, "passkey-refused")


@pytest.mark.parametrize(
    "agent_body", [None, [], {}, {"type": "native", "build": "1"}, {"type": "browser", "build": 1}]
)
def test_an_unknown_agent_is_refused(agent: Agent, agent_body: Any) -> None:
    agent.enrolled()
    row = agent.open()
    body = {"credential": agent.answer(agent.options(row)), "agent": agent_body}
    refused(agent.post(row, "passkey", body), 400, "bad-agent")


@pytest.mark.requirement("SA-02")
@pytest.mark.parametrize("agent_type", ["simulator", "browser"])
def test_a_live_tenant_refuses_the_simulators_passkey(agent: Agent, agent_type: str) -> None:
    agent.enrolled()
    Tenant.objects.filter(pk=agent.tenant.pk).update(kind=Tenant.Kind.LIVE)
    agent.type = agent_type
    refused(agent.passkey(agent.open()), 403, "simulator-refused")
    enrol = agent.open(Transaction.Kind.ENROL, subject=make_subject())
    refused(agent.passkey(enrol), 403, "simulator-refused")
    assert Device.objects.count() == 1


@pytest.mark.requirement("SA-02")
def test_a_sandbox_refuses_it_where_simulators_are_off(agent: Agent) -> None:
    agent.enrolled()
    with override_settings(SIMULATOR_ENABLED=False):
        refused(agent.passkey(agent.open()), 403, "simulator-refused")


@pytest.mark.requirement("S8.3-04")
def test_a_flood_of_failed_proofs_costs_the_victim_nothing(agent: Agent) -> None:
    subject = agent.enrolled()
    for _ in range(12):
        row = agent.open(subject=subject)
        agent.options(row)
        agent.passkey(row, {"id": "AA", "rawId": "AA"})
    assert not AttemptCounter.objects.filter(subject=subject).exclude(failures=0, in_flight=0).exists()
    assert agent.passkey(agent.open()).status_code == 200


def test_a_passkey_of_another_tenant_is_unknown(agent: Agent) -> None:
    subject = agent.enrolled()
    other = Tenant.objects.create(slug="other-tenant", name="Other", kind=Tenant.Kind.SANDBOX)
    with every_tenant_scope():
        Device.objects.filter(subject=subject).update(tenant=other)
    refused(agent.passkey(agent.open()), 403, "passkey-refused")


@pytest.mark.parametrize("key", [None, {}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "text"])
def test_a_bad_session_key_is_refused(agent: Agent, key: Any) -> None:
    refused(agent.post(agent.open(), "passkey/options", {"session_key": key}), 400, "bad-session-key")
