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
from tests.unit.capture.agent import Agent, session_key


def refused(answer: Any, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, code), body
    assert body["message"].endswith(".")
    # A sample that is refused is an event of its own (T26).
    sample = answer.wsgi_request.path.endswith("/sample")
    event = AuditEvent.objects.filter(tag=Tag.SAMPLE_REFUSED if sample else Tag.AGENT_REFUSED).latest(
        "sequence"
    )
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
    assert (device.key_kind, device.share_kind) == ("swk", "prf")
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


@pytest.mark.parametrize("kept", [1, 7])
def test_c04_a_counter_that_goes_back_on_a_device_is_refused(agent: Agent, kept: int) -> None:
    subject = agent.enrolled()
    subject.devices.update(sign_count=kept)
    refused(agent.passkey(agent.open()), 403, "passkey-refused")
    assert subject.devices.get().sign_count == kept


@pytest.mark.parametrize("kept", [1, 7])
def test_c04_a_counter_that_goes_back_on_a_synced_passkey_is_noted(agent: Agent, kept: int) -> None:
    agent.authenticator = Authenticator(backup_eligible=True)
    device = agent.enrolled().devices.get()
    Device.objects.update(sign_count=kept)
    row = agent.open()
    assert agent.passkey(row).json() == {"next": "choose"}
    event = AuditEvent.objects.get(tag=Tag.DEVICE_COUNTER_BACK)
    assert (event.transaction, event.details["device"]) == (row.id, device.id)
    assert (event.details["before"], event.details["counter"]) == (kept, 1)
    assert agent.passkey(agent.open()).status_code == 200
    assert AuditEvent.objects.filter(tag=Tag.DEVICE_COUNTER_BACK).count() == 1


class TestC03AnEnrolmentWithThePasskeyOfBefore:
    """Whoever began without a face adds one with the passkey that the phone holds."""

    @pytest.fixture
    def begun(self, agent: Agent) -> Subject:
        subject = agent.enrolled(reference="")
        assert not subject.has_face
        return subject

    def options(self, agent: Agent, row: Transaction, passkey: Any = "existing") -> Any:
        return agent.post(row, "passkey/options", {"session_key": session_key(), "passkey": passkey})

    def test_is_offered_and_goes_on_to_the_face(self, agent: Agent, begun: Subject) -> None:
        row = agent.open(Transaction.Kind.ENROL, subject=begun)
        assert agent.get(row).json()["passkeys"] == 1
        options = self.options(agent, row).json()["publicKey"]
        (known,) = options["allowCredentials"]
        assert known["id"] == begun.devices.get().credential_id
        assert agent.passkey(row, agent.answer(options)).json() == {"next": "capture"}
        row.refresh_from_db()
        assert (row.state, row.device_id) == (Transaction.State.PROVEN, begun.devices.get().id)
        assert agent.post(row, "challenge", {"prefer": None}).status_code == 200

    def test_an_authenticator_may_leave_out_whose_it_is(self, agent: Agent, begun: Subject) -> None:
        row = agent.open(Transaction.Kind.ENROL, subject=begun)
        credential = agent.answer(self.options(agent, row).json()["publicKey"])
        del credential["response"]["userHandle"]
        assert agent.passkey(row, credential).json() == {"next": "capture"}

    def test_but_not_where_nobody_is_known_yet(self, agent: Agent, begun: Subject) -> None:
        row = agent.open()
        credential = agent.answer(agent.options(row))
        del credential["response"]["userHandle"]
        refused(agent.passkey(row, credential), 403, "passkey-refused")

    def test_a_new_one_may_still_be_made(self, agent: Agent, begun: Subject) -> None:
        row = agent.open(Transaction.Kind.ENROL, subject=begun)
        self.options(agent, row)
        agent.authenticator = Authenticator()
        assert agent.passkey(row).json() == {"next": "capture"}
        assert begun.devices.count() == 2

    def test_without_one_there_is_none_to_use(self, agent: Agent) -> None:
        row = agent.open(Transaction.Kind.ENROL, subject=make_subject())
        assert agent.get(row).json()["passkeys"] == 0
        refused(self.options(agent, row), 409, "no-passkey")

    @pytest.mark.parametrize("status", [Device.Status.REVOKED, Device.Status.PENDING])
    def test_one_that_is_not_active_is_not_to_be_used(
        self, agent: Agent, begun: Subject, status: str
    ) -> None:
        begun.devices.update(status=status)
        row = agent.open(Transaction.Kind.ENROL, subject=begun)
        refused(self.options(agent, row), 409, "no-passkey")

    def test_one_of_somebody_else_is_refused(self, agent: Agent, begun: Subject) -> None:
        first, agent.authenticator = agent.authenticator, Authenticator()
        other = agent.enrolled()
        row = agent.open(Transaction.Kind.ENROL, subject=other)
        options = self.options(agent, row).json()["publicKey"]
        agent.authenticator = first
        credential = agent.answer({**options, "allowCredentials": []})
        refused(agent.passkey(row, credential), 403, "passkey-refused")

    @pytest.mark.parametrize("passkey", ["new", 1, ["existing"]])
    def test_other_wishes_are_refused(self, agent: Agent, begun: Subject, passkey: Any) -> None:
        row = agent.open(Transaction.Kind.ENROL, subject=begun)
        refused(self.options(agent, row, passkey), 400, "bad-passkey")

    def test_in_a_sign_in_it_changes_nothing(self, agent: Agent, begun: Subject) -> None:
        options = self.options(agent, agent.open()).json()["publicKey"]
        assert not options.get("allowCredentials")


class TestC06AnEnrolmentMakesOnePasskey:
    """A page that is loaded again, or whose store fails, proves the passkey that it made."""

    def test_it_is_proven_the_second_time(self, agent: Agent) -> None:
        subject = make_subject(reference="", status=Subject.Status.INVITED)
        make_consent(subject)
        row = agent.open(Transaction.Kind.ENROL, subject=subject)
        agent.passkey(row)
        made = subject.devices.get()
        options = agent.options(row)
        assert [entry["id"] for entry in options["allowCredentials"]] == [made.credential_id]
        assert agent.passkey(row, agent.answer(options)).json() == {"next": "capture"}
        assert subject.devices.get().status == Device.Status.PENDING

    def test_it_lets_nobody_in_elsewhere_before_the_end(self, agent: Agent) -> None:
        subject = make_subject(reference="")
        agent.passkey(agent.open(Transaction.Kind.ENROL, subject=subject))
        refused(agent.passkey(agent.open()), 403, "passkey-refused")

    @pytest.mark.parametrize(
        ("device", "subject"), [(Device.Status.REVOKED, "active"), (Device.Status.PENDING, "closed")]
    )
    def test_not_where_it_or_the_person_is_out(self, agent: Agent, device: str, subject: str) -> None:
        person = make_subject(reference="")
        row = agent.open(Transaction.Kind.ENROL, subject=person)
        agent.passkey(row)
        credential = agent.answer(agent.options(row))
        person.devices.update(status=device)
        Subject.objects.update(status=subject)
        refused(agent.passkey(row, credential), 403, "passkey-refused")


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
