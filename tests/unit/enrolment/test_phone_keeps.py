"""Model B, whole: a reference goes down to the phone, comes up again, to a second passkey, and to nothing."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import binding, renewal, tasks, verification
from authsvc.biometrics import enrolment as enrolling
from authsvc.biometrics.templates import encode_template
from authsvc.biometrics.types import DecisionResult, FeatureResult, Reason, StageError
from authsvc.core.application_models import application_model
from authsvc.core.ids import b64u
from authsvc.core.stages import Stage
from authsvc.devices.models import Device
from authsvc.enrolment import services as enrolment
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.privacy.notice import current_notice
from authsvc.protection.base import Share
from authsvc.protection.registry import PROTECTIONS
from authsvc.subjects.models import Subject
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Outgoing, Transaction
from authsvc.transactions.records import NO_FINDINGS
from authsvc.vault.ageing import moments_of
from authsvc.vault.models import Reference
from devtools.phone import sealing
from tests.factories import make_subject
from tests.unit.capture.agent import JSON, Agent
from tests.unit.transactions import flow

pytestmark = pytest.mark.requirement("S6.3-01", "S6.3-02")
VECTORS = np.eye(2, 128, dtype=np.float32)
TEMPLATE = encode_template(
    FeatureResult(VECTORS, (0, 1), np.full(2, 0.5, np.float32)), engine="engine-under-test"
)


@dataclass
class Phone:
    """A browser with a software passkey, which keeps what came down, by passkey."""

    agent: Agent
    key: ec.EllipticCurvePrivateKey = field(default_factory=sealing.new_session_key)
    receiver: ec.EllipticCurvePrivateKey = field(default_factory=sealing.new_session_key)
    kept: dict[str, list[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.agent.session_key = sealing.public_jwk(self.key)

    def share_of(self, device: Device) -> bytes:
        return device.pk.encode().ljust(32, b"-")

    def judged(self, row: Transaction, new: Device | None = None) -> Capture:
        """Show a face that the stages accept, with all that is wanted; return the capture."""
        row.refresh_from_db()
        services.issue_capture(row, challenge=flow.CHALLENGE)
        want = services.wanted_from(row)
        assert row.device is not None
        nonce = flow.CHALLENGE["nonce"]
        answer = sealing.answer_key(self.receiver, sealing.Binding(row.pk, str(nonce), ""), self.key)
        members = answer if want.receiver else {}
        if want.reference:
            members["bundles"] = [b64u(each) for each in self.kept.get(row.device.credential_id, [])]
        capture = services.accept_sample(row, b"sealed")
        manifest = SimpleNamespace(
            share=self.share_of(row.device) if want.share else None,
            share_kind="prf" if want.share else None,
            new_device=new.credential_id if new else None,
            new_share=self.share_of(new) if new else None,
            new_share_kind="prf" if new else None,
        )
        stages = Stages(capture, manifest)
        room, judge = {
            Transaction.Kind.ENROL: (enrolling, enrolling.enrol),
            Transaction.Kind.BIND: (binding, binding.bind),
            Transaction.Kind.RENEW: (renewal, renewal.renew),
            Transaction.Kind.AUTHENTICATE: (verification, verification.verify),
        }[Transaction.Kind(row.kind)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(room, "examine", stages.examine)
            loaded = Capture.objects.select_related("transaction__subject", "transaction__device").get(
                pk=capture.pk
            )
            tasks._conclude(loaded, judge(loaded, sealing.container(members, [])))
        row.refresh_from_db()
        return capture

    def keeps(self, row: Transaction, device: Device) -> None:
        """Fetch what was left, and keep it for the passkey that it is for."""
        assert self.agent.get(row, "status").json()["outgoing"] is True
        sealed = self.agent.post(row, "outgoing").json()["sealed"]
        device_id = device.credential_id
        _, bundles = sealing.open_answer(sealed, self.receiver, txn=row.pk, device=device_id)
        self.kept[device_id] = bundles


@dataclass
class Stages:
    """Stages that accept every capture, and open the reference as the pipeline does."""

    capture: Capture
    manifest: Any

    def examine(
        self, _: Capture, __: bytes, *, plan: Any, protection: Any, open_reference: Any = None, **___: Any
    ) -> Any:
        if open_reference is not None and Stage.VAULT in plan:
            open_reference(self.manifest)
        found = SimpleNamespace(
            decision=DecisionResult("accepted"), manifest=self.manifest, template=TEMPLATE, quality=70.0
        )
        proof = flow.face_proof(self.capture, model=protection.letter)
        return found, proof, NO_FINDINGS


@pytest.fixture
def phone(agent: Agent) -> Phone:
    publish_policy(document={**DEFAULT, "models": ["B", "G"]}, published_by="admin")
    return Phone(agent)


def begun(phone: Phone, subject: Subject) -> Transaction:
    """Follow an enrolment link up to the passkey."""
    _, url = enrolment.create_link(subject=subject, created_by="admin")
    agent = phone.agent
    body = {"notice_version": current_notice(agent.tenant).version}
    answer: Any = agent.client.post(
        urlsplit(url).path + "consent", body, content_type=JSON, headers={"origin": agent.origin}
    )
    row = Transaction.objects.get(pk=answer.json()["transaction"])
    assert agent.passkey(row).json()["next"] == "capture"
    row.refresh_from_db()
    return row


def enrolled(phone: Phone) -> Subject:
    subject = make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
    row = begun(phone, subject)
    phone.judged(row)
    assert row.device is not None
    phone.keeps(row, row.device)
    assert phone.agent.client.get(row.continue_path).status_code == 200
    subject.refresh_from_db()
    return subject


def signing_in(phone: Phone) -> Transaction:
    row = phone.agent.proven()
    row.refresh_from_db()
    return row


def test_a_person_enrols_and_signs_in_with_what_the_phone_keeps(phone: Phone) -> None:
    subject = enrolled(phone)
    assert services.model_of_person(subject) == application_model("B")
    assert bytes(Reference.objects.get().sealed_template) == b""
    row = signing_in(phone)
    want = phone.agent.get(row).json()["face"]["want"]
    assert want == {
        "share": True,
        "reference": {"id": subject.reference, "version": 1},
        "receiver": False,
    }
    phone.judged(row)
    assert row.state == Transaction.State.DECIDED
    assert AuditEvent.objects.get(tag=Tag.REFERENCE_OPENED, transaction=row.pk).details["model"] == "B"


def test_an_enrolment_that_nobody_fetches_keeps_nothing(phone: Phone) -> None:
    subject = make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
    row = begun(phone, subject)
    phone.judged(row)
    assert phone.agent.client.get(row.continue_path).status_code == 409
    subject.refresh_from_db()
    assert (subject.has_face, Reference.objects.get().status) == (False, "revoked")
    assert not Outgoing.objects.exists()


@pytest.mark.modes("attacks", models="B")
def test_a_phone_that_sends_nothing_or_what_it_kept_before_is_refused(phone: Phone) -> None:
    subject = enrolled(phone)
    before = dict(phone.kept)
    row = begun(phone, subject)
    phone.judged(row)
    assert row.device is not None
    phone.keeps(row, row.device)
    assert phone.agent.client.get(row.continue_path).status_code == 200
    phone.kept = {row.device.credential_id: next(iter(before.values()))}
    signing = signing_in(phone)
    with pytest.raises(StageError) as refused:
        phone.judged(signing)
    assert refused.value.reason == Reason.REFERENCE
    assert AuditEvent.objects.filter(tag=Tag.REFERENCE_ALARM).count() == 1


@pytest.mark.requirement("S8.2-04")
def test_a_second_passkey_gets_bundles_of_its_own(phone: Phone) -> None:
    subject = enrolled(phone)
    agent = phone.agent
    start: Any = agent.client.post(f"/t/{agent.tenant.slug}/passkeys/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert agent.passkey(row).json() == {"next": "create"}
    assert agent.passkey(row).json() == {"next": "capture"}
    row.refresh_from_db()
    new = services.bound_device(row)
    assert new is not None
    phone.judged(row, new)
    phone.keeps(row, new)
    assert agent.client.get(row.continue_path).status_code == 200
    assert set(phone.kept[new.credential_id]).isdisjoint(phone.kept[str(row.device.credential_id)])
    device = Device.objects.get(pk=new.pk)
    share = Share(phone.share_of(device), "prf", tuple(phone.kept[new.credential_id]))
    assert PROTECTIONS["B"].open(subject=subject, device=device, share=share) == (TEMPLATE,)


@pytest.mark.requirement("S9.2-15")
def test_a_renewal_replaces_what_the_phone_keeps(phone: Phone) -> None:
    subject = enrolled(phone)
    agent = phone.agent
    start: Any = agent.client.post(f"/t/{agent.tenant.slug}/moments/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert agent.passkey(row).json() == {"next": "capture"}
    row.refresh_from_db()
    phone.judged(row)
    assert row.device is not None
    phone.keeps(row, row.device)
    assert agent.client.get(row.continue_path).status_code == 200
    subject.refresh_from_db()
    assert len(moments_of(subject)) == len(phone.kept[row.device.credential_id]) == 2
    signing = signing_in(phone)
    phone.judged(signing)
    assert signing.state == Transaction.State.DECIDED


def test_a_model_that_the_policy_drops_counts_no_more_and_costs_no_try(phone: Phone) -> None:
    enrolled(phone)
    publish_policy(document=DEFAULT, published_by="admin")
    with pytest.raises(StageError) as refused:
        phone.judged(signing_in(phone))
    assert refused.value.reason == Reason.MODEL_NOT_ALLOWED
