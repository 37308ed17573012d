"""T19: a second passkey of a person who has a face needs the face, and the person hears of it."""

import os
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import binding, crossing
from authsvc.biometrics.types import DecisionResult, Reason, StageError
from authsvc.core.clock import now
from authsvc.devices.models import Device
from authsvc.enrolment import services as enrolment
from authsvc.management import people
from authsvc.person.words import lines
from authsvc.privacy.consent import live_consent
from authsvc.protection.base import Features, Share
from authsvc.protection.split_secret import PROTECTION
from authsvc.subjects.models import Subject
from authsvc.transactions import services
from authsvc.transactions.models import AttemptCounter, Capture, Transaction
from authsvc.transactions.records import NO_FINDINGS
from authsvc.vault.models import DeviceWrap
from tests.unit.capture.agent import Agent
from tests.unit.transactions import flow

PHONE = Share(b"p" * 32, "prf")
ADDRESS = "ada@example.org"


@pytest.fixture
def ada(agent: Agent) -> Subject:
    """A person whose one passkey opens their face."""
    subject = agent.enrolled(
        reference="", reference_version=0, claims={"email": ADDRESS, "email_verified": False}
    )
    consent = live_consent(subject)
    assert consent is not None
    made = Features(b"template", "engine:1", 80)
    kept = PROTECTION.protect(
        made, subject=subject, device=subject.devices.get(), share=PHONE, consent=consent.pk
    )
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    subject.save()
    return subject


def binding_of(agent: Agent) -> Transaction:
    """Begin at the page, use the first passkey, and make the second."""
    start: Any = agent.client.post(f"/t/{agent.tenant.slug}/passkeys/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert agent.passkey(row).json() == {"next": "create"}
    return row


def captured(row: Transaction, outcome: str = "accepted", **changes: Any) -> Capture:
    row.refresh_from_db()
    services.issue_capture(row, challenge=flow.CHALLENGE)
    capture = services.accept_sample(row, b"sealed")
    assert services.record_verdict(capture.pk, flow.verdict_on(capture, outcome, **changes))
    row.refresh_from_db()
    return capture


def statuses(subject: Subject) -> list[str]:
    return sorted(subject.devices.values_list("status", flat=True))


def test_t19_the_first_passkey_alone_adds_none(agent: Agent, ada: Subject) -> None:
    row = binding_of(agent)
    assert agent.passkey(row).json() == {"next": "capture"}
    refused = agent.post(row, "without-face")
    assert (refused.status_code, refused.json()["error"]) == (403, "face-needed")
    assert agent.client.get(row.continue_path).status_code != 200
    assert statuses(ada) == ["active", "pending"]


def test_t19_a_decision_without_the_face_is_refused_at_the_finish_too(agent: Agent, ada: Subject) -> None:
    row = binding_of(agent)
    agent.passkey(row)
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.DECIDED)
    assert agent.client.get(row.continue_path).status_code == 403
    assert statuses(ada) == ["active", "pending"]


def test_t19_with_the_face_it_is_added_and_recorded_and_listed(agent: Agent, ada: Subject) -> None:
    row = binding_of(agent)
    agent.passkey(row)
    captured(row)
    assert agent.client.get(row.continue_path).status_code == 200
    assert statuses(ada) == ["active", "active"]
    told = AuditEvent.objects.get(tag=Tag.DEVICE_BOUND)
    first, second = ada.devices.order_by("created_at")
    assert told.details["face"] is True
    assert (told.subject, told.details["device"], told.details["by"]) == (str(ada.pk), second.pk, first.pk)
    newest = lines(people.file_of(ada.pk).attempts)[0]
    assert (str(newest.what), str(newest.text)) == ("Adding a passkey", "With your passkey and your face.")


def test_t19_a_face_that_does_not_match_costs_a_try_and_adds_nothing(agent: Agent, ada: Subject) -> None:
    row = binding_of(agent)
    agent.passkey(row)
    for _ in range(3):
        captured(row, "refused")
    assert AttemptCounter.objects.get(subject=ada).failures == 3
    assert agent.post(row, "challenge", {"prefer": None}).status_code == 409
    assert agent.post(row, "without-face").status_code == 403
    assert statuses(ada) == ["active", "pending"]


@pytest.mark.parametrize("counter", [{"disabled": True}, {"locked_until": "later"}])
def test_t19_failing_until_the_face_rests_is_no_way_around(
    agent: Agent, ada: Subject, counter: dict[str, Any]
) -> None:
    row = binding_of(agent)
    agent.passkey(row)
    if "locked_until" in counter:
        counter = {"locked_until": now().replace(year=now().year + 1)}
    AttemptCounter.objects.create(subject=ada, **counter)
    assert agent.post(row, "challenge", {"prefer": None}).status_code == 423
    assert agent.post(row, "without-face").status_code == 403


def test_t19_where_no_face_can_be_compared_the_passkey_is_enough(agent: Agent, ada: Subject) -> None:
    DeviceWrap.objects.all().delete()
    row = binding_of(agent)
    assert agent.passkey(row).json()["next"] == "done"
    assert agent.client.get(row.continue_path).status_code == 200
    assert AuditEvent.objects.get(tag=Tag.DEVICE_BOUND).details["face"] is False


def test_t19_a_revoked_new_passkey_is_not_let_in(agent: Agent, ada: Subject) -> None:
    row = binding_of(agent)
    agent.passkey(row)
    captured(row)
    Device.objects.filter(status=Device.Status.PENDING).update(status=Device.Status.REVOKED)
    assert agent.client.get(row.continue_path).status_code == 409
    assert statuses(ada) == ["active", "revoked"]


@pytest.mark.parametrize("address", [ADDRESS, "", None, 7])
def test_t19_the_person_is_told_by_mail(
    agent: Agent, ada: Subject, address: object, django_capture_on_commit_callbacks: Any
) -> None:
    Subject.objects.update(claims={"email": address})
    row = binding_of(agent)
    agent.passkey(row)
    captured(row)
    with django_capture_on_commit_callbacks(execute=True):
        assert agent.client.get(row.continue_path).status_code == 200
    assert [each.to for each in mail.outbox] == ([[ADDRESS]] if address == ADDRESS else [])
    if mail.outbox:
        assert f"/t/{agent.tenant.slug}/me/" in mail.outbox[0].body


def test_t19_a_new_enrolment_of_an_active_person_is_told_of_and_a_first_one_is_not(
    agent: Agent, ada: Subject, django_capture_on_commit_callbacks: Any
) -> None:
    for status, mails in ((Subject.Status.INVITED, 0), (Subject.Status.ACTIVE, 1)):
        Subject.objects.update(status=status)
        link, _ = enrolment.create_link(subject=ada, created_by="admin")
        row = enrolment.decline(link=link, browser_key=agent.key)
        agent.holds(row, agent.key)
        agent.authenticator = type(agent.authenticator)()
        agent.passkey(row)
        with django_capture_on_commit_callbacks(execute=True):
            assert agent.client.get(row.continue_path).status_code == 200
        assert len(mail.outbox) == mails


def test_t19_a_mail_server_that_fails_stops_nothing(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("authsvc.enrolment.notices.message", fail)
    row = binding_of(agent)
    agent.passkey(row)
    captured(row)
    with django_capture_on_commit_callbacks(execute=True):
        assert agent.client.get(row.continue_path).status_code == 200


class TestWorker:
    """The worker's part: the reference opens for the new passkey with an accepted face, and not before."""

    @pytest.fixture
    def capture(self, agent: Agent, ada: Subject) -> Capture:
        row = binding_of(agent)
        agent.passkey(row)
        row.refresh_from_db()
        services.issue_capture(row, challenge=flow.CHALLENGE)
        return services.accept_sample(row, b"sealed")

    @pytest.fixture
    def found(self, capture: Capture, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        """What the pipeline finds in the sample; a test may change it."""
        new = Device.objects.get(status=Device.Status.PENDING)
        manifest = SimpleNamespace(
            share=PHONE.value, share_kind=PHONE.kind,
            new_device=new.credential_id, new_share=os.urandom(32), new_share_kind="browser",
        )  # fmt: skip
        found = SimpleNamespace(manifest=manifest, face=flow.face_proof(capture), plan=None, new=new)

        def examine(_: Capture, __: bytes, *, plan: object, **___: object) -> Any:
            found.plan = plan
            refused = DecisionResult("refused", Reason.NON_MATCH)
            decision = DecisionResult("accepted") if found.face else refused
            return SimpleNamespace(decision=decision, manifest=manifest), found.face, NO_FINDINGS

        monkeypatch.setattr(binding, "examine", examine)
        monkeypatch.setattr(crossing, "split_container", lambda sample: ({}, b""))
        return found

    def test_t19_an_accepted_face_lets_the_new_passkey_open_it(
        self, capture: Capture, found: SimpleNamespace
    ) -> None:
        judged = binding.bind(capture, b"sample")
        assert found.plan == PROTECTION.verify
        assert (judged.decision.outcome, judged.face) == ("accepted", found.face)
        assert not DeviceWrap.objects.filter(device=found.new.pk).exists()
        assert judged.store is not None
        judged.store()
        assert DeviceWrap.objects.filter(device=found.new.pk).exists()
        assert Device.objects.get(pk=found.new.pk).share_kind == "browser"

    def test_t19_what_is_no_sample_is_refused_by_the_pipeline_itself(self, capture: Capture) -> None:
        judged = binding.bind(capture, b"no sample")
        assert (judged.decision.outcome, judged.face, judged.store) == ("refused", None, None)
        assert judged.decision.reason == Reason.CONTAINER

    def test_t19_a_face_that_is_not_accepted_stores_nothing(
        self, capture: Capture, found: SimpleNamespace
    ) -> None:
        found.face = None
        judged = binding.bind(capture, b"sample")
        assert (judged.decision.outcome, judged.face, judged.store) == ("refused", None, None)

    def test_t19_a_sample_for_another_new_passkey_is_refused(
        self, capture: Capture, found: SimpleNamespace
    ) -> None:
        found.manifest.new_device = "another"
        with pytest.raises(StageError):
            binding.bind(capture, b"sample")

    def test_t19_a_new_passkey_without_a_share_signs_in_without_the_face(
        self, capture: Capture, found: SimpleNamespace
    ) -> None:
        found.manifest.new_share = None
        judged = binding.bind(capture, b"sample")
        assert judged.store is not None
        judged.store()
        assert not DeviceWrap.objects.filter(device=found.new.pk).exists()

    def test_t19_before_the_new_passkey_is_made_nothing_is_judged(
        self, capture: Capture, found: SimpleNamespace
    ) -> None:
        capture.transaction.webauthn_state = None
        with pytest.raises(StageError):
            binding.bind(capture, b"sample")
        assert found.plan is None
