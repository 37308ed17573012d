"""Model C and workflow W6, whole: a reference is sent to the phone, and what the phone says is held to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from joserfc.errors import JoseError

from authsvc.assurance.evidence import Agent as EvidenceAgent
from authsvc.assurance.face import face_said
from authsvc.assurance.levels import Evidence, assess
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import judging, releasing, tasks, thresholds, verification
from authsvc.biometrics.types import Reason, StageError
from authsvc.capture.browser import cookie_name
from authsvc.core.clock import now
from authsvc.core.ids import b64u, unb64u
from authsvc.devices.models import Device
from authsvc.policy.services import publish_models
from authsvc.protection.registry import PROTECTIONS
from authsvc.subjects.models import Subject
from authsvc.transactions import services
from authsvc.transactions.models import AttemptCounter, Capture, Outgoing, SealedSample, Transaction
from authsvc.transactions.sql import read_sealed
from authsvc.transactions.tries import MATCH_TRIES
from devtools.phone import comparing, sealing
from tests.factories import make_consent, make_subject, offer_sample_key
from tests.unit.capture.agent import Agent
from tests.unit.enrolment.test_phone_keeps import VECTORS, Phone, Stages, begun, enrolled, signing_in
from tests.unit.transactions import flow

pytestmark = [
    pytest.mark.requirement("S6.3-01", "S6.3-02", "S6.3-03"),
    pytest.mark.modes("attacks", models="C"),
]
ENGINE = "engine-under-test"
CHAIN = b"c" * 32


def measured(engine: str, *, sandbox: bool) -> Any:
    if engine != ENGINE:
        raise StageError(Reason.UNMEASURED)
    return SimpleNamespace(comparison=0.4, record="record-under-test")


@dataclass
class Comparing(Phone):
    """A phone that compares itself: what it was sent, by its own receiving key."""

    reference: comparing.Released | None = None
    released_as: sealing.Binding = field(default_factory=lambda: sealing.Binding("", "", ""))

    def keeps(self, row: Transaction, device: Device) -> None:
        """Keep nothing: nothing was left to keep."""
        assert "outgoing" not in self.agent.get(row, "status").json()

    def asked(self, row: Transaction, **changes: Any) -> Any:
        """Seal a share to a worker, so that the reference is sent; return the answer to the upload."""
        challenge = self.agent.post(row, "challenge", {"want": "reference"})
        assert challenge.status_code == 200, challenge.content
        drawn = challenge.json()
        assert (drawn["steps"], drawn["want"]["share"]) == ([], True)
        row.refresh_from_db()
        assert row.device is not None
        self.released_as = sealing.Binding(row.pk, drawn["nonce"], row.device.credential_id)
        content = sealing.asking(self.released_as, self.share_of(row.device), "prf", ENGINE) | changes
        sealed = sealing.encrypt(sealing.container(content, []), self.released_as, drawn["seal"])
        kind = sealing.media_type(sealed.encode())
        return self.agent.upload(row, sealed.encode(), kind)

    def judge(self, row: Transaction) -> Capture:
        """Let a worker judge what was uploaded last."""
        found = Capture.objects.select_related("transaction__subject", "transaction__device", "tenant")
        capture = found.filter(transaction=row).latest("number")
        tasks._conclude(capture, judging.judge(capture, read_sealed(capture.pk)))
        capture.refresh_from_db()
        return capture

    def sent(self, row: Transaction, **changes: Any) -> comparing.Released:
        """Be sent the reference, whole."""
        assert self.asked(row, **changes).status_code == 202
        self.judge(row)
        assert self.agent.get(row, "status").json() == {"state": "released", "outgoing": True}
        sealed = self.agent.post(row, "outgoing").json()["sealed"]
        assert self.agent.receiver is not None
        self.reference = comparing.open_released(sealed, self.agent.receiver, self.released_as)
        return self.reference

    def said(self, capture: Capture, **changes: Any) -> dict[str, Any]:
        """Return what an honest phone says of a capture, but for the changes."""
        assert self.reference is not None
        binding = sealing.Binding(capture.transaction_id, capture.challenge["nonce"], "")
        honest = comparing.result(self.reference, binding, chain=b64u(CHAIN), engine=ENGINE, matched=True)
        return honest | changes

    def shows(
        self,
        row: Transaction,
        key: Any = None,
        *,
        members: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Capture:
        """Show a face that the stages accept, with the result; return the capture as it was judged."""
        services.issue_capture(row, challenge=flow.CHALLENGE)
        row.captures.filter(state="issued").update(issued_at=now() - timedelta(seconds=20))
        capture = services.accept_sample(row, b"sealed")
        signed = comparing.sign_result(self.said(capture, **changes), key or self.key)
        sample = sealing.container(dict({"result": signed} if members is None else members), [])
        share = bytes(32) if members and "share" in members else None
        manifest = SimpleNamespace(
            share=share, share_kind="prf" if share else None, new_share=None, new_share_kind=None, chain=CHAIN
        )
        loaded = Capture.objects.select_related("transaction__subject", "transaction__device", "tenant").get(
            pk=capture.pk
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(verification, "examine", Stages(loaded, manifest).examine)
            patch.setattr(judging, "unseal_sample", lambda *_, **__: sample)
            patch.setattr(judging, "_require_as_drawn", lambda _: None)
            tasks._conclude(loaded, judging.judge(loaded, sample))
        row.refresh_from_db()
        capture.refresh_from_db()
        return capture


@pytest.fixture
def phone(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> Comparing:
    monkeypatch.setattr(releasing, "thresholds_for", measured)
    offer_sample_key()
    publish_models(models=["C", "G"], justification="For the tests.", published_by="admin")
    agent.receiver = sealing.new_session_key()
    return Comparing(agent)


@pytest.fixture
def subject(phone: Comparing) -> Subject:
    return enrolled(phone)


@pytest.fixture
def row(phone: Comparing, subject: Subject) -> Transaction:
    """A sign-in of the person, proven by the phone."""
    return signing_in(phone)


def test_the_reference_goes_to_the_phone_sealed_and_the_phone_says_what_it_found(
    phone: Comparing, subject: Subject, row: Transaction
) -> None:
    assert phone.agent.get(row).json()["face"]["want"] == {
        "share": True, "reference": None, "receiver": False, "compare": True,
    }  # fmt: skip
    found = phone.sent(row)
    fused = VECTORS.mean(axis=0) / np.sqrt(np.linalg.norm(VECTORS.mean(axis=0)))
    assert np.allclose(np.frombuffer(found.vector, "<f4"), fused)
    assert (found.reference, found.version, found.threshold) == (subject.reference, 1, 0.4)
    want = phone.agent.post(row, "challenge").json()["want"]
    assert want == {"share": False, "reference": None, "receiver": False, "compare": True}
    capture = phone.shows(row)
    assert (capture.state, row.state) == ("accepted", "decided")
    face, told = row.evidence.face, assess(Evidence.from_record(row.evidence))
    assert face is not None
    assert (face.model, face.share_kind, face.device_engine) == ("C", "prf", ENGINE)
    assert told.amr == ("face", "swk", "user", "mfa")
    key = phone.agent.client.cookies[cookie_name(row.pk)].value
    services.consume(row.pk, key, at=row.continue_path)


def test_a_face_that_the_phone_does_not_match_is_refused_and_is_a_try(
    phone: Comparing, subject: Subject, row: Transaction
) -> None:
    phone.sent(row)
    capture = phone.shows(row, matched=False)
    assert (capture.state, capture.reason) == ("refused", str(Reason.NON_MATCH))
    assert AttemptCounter.objects.get(subject=subject).failures == 1
    # What was sent is wiped: another try takes another release.
    assert phone.agent.post(row, "challenge").json()["error"] == "not-released"


@pytest.mark.requirement("S9.5-03", "S8.4-02")
@pytest.mark.parametrize(
    "changes",
    [
        {"chain": b64u(b"d" * 32)},
        {"chl": "another"},
        {"txn": "another"},
        {"ref": "another"},
        {"ver": 2},
        {"ver": True},
        {"matched": 1},
        {"engine": 7},
        {"more": 1},
    ],
    ids=lambda changes: "-".join(map(str, changes)),
)
def test_a_result_on_anything_else_is_refused(
    phone: Comparing, row: Transaction, changes: dict[str, Any]
) -> None:
    phone.sent(row)
    capture = phone.shows(row, **changes)
    assert (capture.state, capture.reason) == ("refused", str(Reason.RESULT))


def test_a_result_by_another_engine_than_the_reference_was_sent_to_is_refused(
    phone: Comparing, row: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it was measured: it cannot have compared what another one made. And it is a try."""
    monkeypatch.setattr(releasing, "thresholds_for", lambda *_, **__: measured(ENGINE, sandbox=True))
    phone.sent(row)
    capture = phone.shows(row, engine="another:1")
    assert (capture.state, capture.reason) == ("refused", str(Reason.RESULT))


def test_a_result_by_a_model_that_is_allowed_no_more_is_refused(phone: Comparing, row: Transaction) -> None:
    phone.sent(row)
    publish_models(models=["G"], justification="", published_by="admin")
    capture = phone.shows(row)
    assert (capture.state, capture.reason) == ("refused", str(Reason.MODEL_NOT_ALLOWED))


def test_releases_that_are_not_answered_are_no_tries(phone: Comparing, row: Transaction) -> None:
    for _ in range(MATCH_TRIES):
        assert phone.agent.post(row, "challenge", {"want": "reference"}).status_code == 200
        row.captures.filter(state="issued").update(expires_at=now() - timedelta(seconds=1))
    phone.sent(row)
    assert phone.shows(row).state == "accepted"


def test_an_engine_whose_record_no_longer_stands_earns_nothing(
    phone: Comparing, row: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.sent(row)
    fallen = SimpleNamespace(comparison=0.4, record=None)
    monkeypatch.setattr(releasing, "thresholds_for", lambda *_, **__: fallen)
    assert phone.shows(row).state == "accepted"
    assert not assess(Evidence.from_record(row.evidence)).face


@pytest.mark.requirement("S9.5-03")
@pytest.mark.parametrize("how", ["another key", "none", "no JWS", "another kind"])
def test_a_result_that_the_session_key_did_not_sign_is_refused(
    phone: Comparing, row: Transaction, how: str
) -> None:
    phone.sent(row)
    if how == "another key":
        capture = phone.shows(row, sealing.new_session_key())
    elif how == "another kind":
        binding = sealing.Binding(row.pk, "n", "")
        members = {"result": sealing.answer_key(phone.key, binding, phone.key)["receiver"]}
        capture = phone.shows(row, members=members)
    else:
        capture = phone.shows(row, members={} if how == "none" else {"result": "a.b.c"})
    assert (capture.state, capture.reason) == ("refused", str(Reason.RESULT))


def test_what_is_not_listed_is_refused_and_recorded(phone: Comparing, row: Transaction) -> None:
    """A share with the pictures, bundles, and pictures with the share."""
    phone.sent(row)
    said = comparing.sign_result({}, phone.key)
    for members in ({"result": said, "share": "s"}, {"result": said, "bundles": [b64u(b"bundle")]}):
        capture = phone.shows(row, members=members)
        assert (capture.state, capture.reason) == ("refused", str(Reason.FLOW))
        phone.sent(row)
    assert phone.asked(row, frames=[]).status_code == 202
    assert phone.judge(row).reason == Reason.FLOW
    assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, transaction=row.pk).count() == 3


@pytest.mark.requirement("S8.4-02", "S6.4-04")
def test_it_is_fetched_once_within_a_minute_and_lies_nowhere_after(
    phone: Comparing, subject: Subject, row: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.sent(row)
    again = phone.agent.post(row, "outgoing")
    assert (again.status_code, again.json()["error"]) == (409, "nothing-waits")
    assert not Outgoing.objects.exists()
    assert not SealedSample.objects.exists()
    assert phone.shows(row).state == "accepted"
    other = signing_in(phone)
    phone.asked(other)
    phone.judge(other)
    late = now() + timedelta(seconds=61)
    monkeypatch.setattr("authsvc.transactions.outgoing.now", lambda: late)
    monkeypatch.setattr("authsvc.transactions.sweeping.now", lambda: late)
    monkeypatch.setattr("authsvc.transactions.releasing.now", lambda: late)
    monkeypatch.setattr("authsvc.transactions.sweeping.reclaim_space", lambda: None)
    assert phone.agent.post(other, "outgoing").status_code == 409
    services.sweep()
    assert not Outgoing.objects.exists()
    other.refresh_from_db()
    assert other.state == Transaction.State.PROVEN  # the passkey goes on
    assert phone.agent.post(other, "challenge").json()["error"] == "not-released"


@pytest.mark.requirement("S8.1-05")
def test_what_was_sent_opens_for_no_other_attempt_and_no_other_device(
    phone: Comparing, row: Transaction
) -> None:
    phone.asked(row)
    phone.judge(row)
    sealed = phone.agent.post(row, "outgoing").json()["sealed"]
    assert phone.agent.receiver is not None
    binding = phone.released_as
    for other in (
        sealing.Binding("another", binding.nonce, binding.device),
        sealing.Binding(binding.txn, "another", binding.device),
        sealing.Binding(binding.txn, binding.nonce, "another"),
    ):
        with pytest.raises(ValueError, match="another"):
            comparing.open_released(sealed, phone.agent.receiver, other)
    with pytest.raises(JoseError):
        comparing.open_released(sealed, sealing.new_session_key(), binding)
    header = json.loads(unb64u(sealed.split(".")[0]))
    assert {"txn", "dev", "chl", "ref", "ver", "exp"} <= set(header)


def test_a_wrong_share_opens_nothing_and_somebody_hears_of_it(phone: Comparing, row: Transaction) -> None:
    phone.asked(row, share=b64u(b"x" * 32))
    assert phone.judge(row).reason == Reason.REFERENCE
    assert phone.agent.get(row, "status").json() == {"state": "refused", "may_retry": True}
    assert AuditEvent.objects.filter(tag=Tag.REFERENCE_ALARM).count() == 1
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize(
    "change", [{"txn": "another"}, {"chl": "another"}, {"share_kind": None}, {"share": 1}]
)
def test_a_request_of_another_form_is_refused(
    phone: Comparing, row: Transaction, change: dict[str, Any]
) -> None:
    phone.asked(row, **change)
    assert phone.judge(row).state == "refused"
    assert not Outgoing.objects.exists()


def test_no_challenge_without_a_release_and_a_release_costs_no_try(
    phone: Comparing, subject: Subject, row: Transaction
) -> None:
    assert phone.agent.post(row, "challenge").json()["error"] == "not-released"
    phone.asked(row)
    phone.judge(row)
    # Left for the phone, and not fetched yet.
    assert phone.agent.post(row, "challenge").json()["error"] == "not-released"
    assert not AttemptCounter.objects.filter(subject=subject, failures__gt=0).exists()
    assert AttemptCounter.objects.filter(subject=subject, in_flight__gt=0).count() == 0


@pytest.mark.requirement("S9.2-07")
def test_a_challenge_that_is_left_for_another_release_was_a_try(
    phone: Comparing, subject: Subject, row: Transaction
) -> None:
    phone.sent(row)
    assert phone.agent.post(row, "challenge").status_code == 200
    assert phone.agent.post(row, "challenge", {"want": "reference"}).status_code == 200
    assert AttemptCounter.objects.get(subject=subject).failures == 1


def test_releases_have_an_end(phone: Comparing, row: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authsvc.transactions.releasing.MOST", 1)
    phone.sent(row)
    answer = phone.agent.post(row, "challenge", {"want": "reference"})
    assert (answer.status_code, answer.json()["error"]) == (409, "face-closed")


@pytest.mark.requirement("S8.3-06")
def test_a_program_for_which_nothing_vouches_is_sent_nothing(phone: Comparing, subject: Subject) -> None:
    """It is asked for no face, sent no reference, and no worker believes it."""
    receiver, phone.agent.receiver = phone.agent.receiver, None
    row = phone.agent.open()
    assert phone.agent.passkey(row).json()["next"] == "done"
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.PROVEN)
    row.refresh_from_db()
    answer = phone.agent.post(row, "challenge", {"want": "reference"})
    assert (answer.status_code, answer.json()["error"]) == (403, "not-attested")
    assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, transaction=row.pk).exists()
    assert not phone.agent.get(row).json()["face"]["offered"]
    phone.agent.receiver = receiver
    signed = signing_in(phone)
    phone.sent(signed)
    by(signed, EvidenceAgent("simulator", "1"))
    with pytest.MonkeyPatch.context() as patch:
        # As if the web had let it come to that.
        patch.setattr("authsvc.transactions.capturing.is_in_vain", lambda _: False)
        capture = phone.shows(signed)
    assert (capture.state, capture.reason) == ("refused", str(Reason.FLOW))


def by(row: Transaction, agent: EvidenceAgent) -> None:
    """Let another agent have proven the device."""
    row.evidence = replace(row.evidence, agent=agent)
    row.save()


@pytest.mark.requirement("S8.3-06")
def test_a_page_of_a_sandbox_is_sent_it_and_its_word_is_no_face(phone: Comparing, row: Transaction) -> None:
    """Somebody living was before the camera all the same, which a worker saw."""
    by(row, flow.AGENT)
    phone.sent(row)
    assert phone.shows(row).state == "accepted"
    told = assess(Evidence.from_record(row.evidence))
    assert (told.face, told.present) == (False, True)
    assert "nothing vouches for the page that compared it" in " ".join(told.reasons)
    assert face_said(row.evidence) == {"match": "device", "pad": "remote", "capture": "browser", "model": "C"}


@pytest.mark.requirement("S8.3-06", "SA-02")
def test_a_page_before_real_people_is_sent_nothing(
    phone: Comparing, row: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    by(row, flow.AGENT)
    phone.asked(row)
    monkeypatch.setattr(type(phone.agent.tenant), "is_sandbox", False)
    monkeypatch.setattr(releasing, "protection_in", lambda _: PROTECTIONS["C"])
    assert phone.judge(row).state == "refused"
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize("wrong", ["none", "another chain"])
def test_a_page_whose_result_is_not_over_the_frames_is_refused(
    phone: Comparing, row: Transaction, wrong: str
) -> None:
    by(row, flow.AGENT)
    phone.sent(row)
    given: dict[str, Any] = {"members": {}} if wrong == "none" else {"chain": b64u(b"d" * 32)}
    capture = phone.shows(row, **given)
    assert (capture.state, capture.reason) == ("refused", str(Reason.RESULT))


class TestAnEngineThatMakesProbesAlone:
    """As a page's: its record says with whose references it was measured, and its own threshold counts."""

    PAGE = "page:1"

    @pytest.fixture(autouse=True)
    def _measured(self, phone: Comparing, monkeypatch: pytest.MonkeyPatch) -> None:
        own = {ENGINE: 0.4, self.PAGE: 0.5, "other:1": 0.6}

        def measured_too(engine: str, *, sandbox: bool) -> Any:
            if engine not in own:
                raise StageError(Reason.UNMEASURED)
            return SimpleNamespace(comparison=own[engine], record="record-under-test")

        monkeypatch.setattr(releasing, "thresholds_for", measured_too)
        named = {ENGINE: "", self.PAGE: ENGINE}
        records = [SimpleNamespace(engine=name, references=whose) for name, whose in named.items()]
        monkeypatch.setattr(thresholds, "evaluation_records", lambda: records)

    def test_it_is_sent_them_with_its_own_threshold(self, phone: Comparing, row: Transaction) -> None:
        by(row, flow.AGENT)
        assert phone.sent(row, engine=self.PAGE).threshold == 0.5
        assert phone.shows(row, engine=self.PAGE).state == "accepted"
        assert row.evidence.face is not None
        assert row.evidence.face.device_engine == self.PAGE

    def test_the_result_is_by_what_they_were_sent_to(self, phone: Comparing, row: Transaction) -> None:
        """Though the other one was measured, and they are its own."""
        by(row, flow.AGENT)
        phone.sent(row, engine=self.PAGE)
        capture = phone.shows(row, engine=ENGINE)
        assert (capture.state, capture.reason) == ("refused", str(Reason.RESULT))

    @pytest.mark.parametrize(
        ("engine", "reason"), [("page:2", Reason.UNMEASURED), ("other:1", Reason.ENGINE_MISMATCH)]
    )
    def test_an_engine_without_a_record_or_with_one_of_other_references_is_sent_none(
        self, phone: Comparing, row: Transaction, engine: str, reason: Reason
    ) -> None:
        phone.asked(row, engine=engine)
        assert phone.judge(row).reason == reason
        assert not Outgoing.objects.exists()


@pytest.mark.requirement("S9.5-03", "SA-02")
@pytest.mark.parametrize(
    "wrong", ["another transaction", "another session key", "another receiving key", "live"]
)
def test_what_vouches_for_other_keys_or_is_not_trusted_here_lets_nobody_in(
    phone: Comparing, subject: Subject, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, row = phone.agent, phone.agent.open()
    assert agent.receiver is not None
    credential = agent.answer(agent.options(row))
    own = (row.pk, agent.session_key, sealing.public_jwk(agent.receiver))
    other = sealing.public_jwk(sealing.new_session_key())
    said = {
        "another transaction": ("another", *own[1:]),
        "another session key": (own[0], other, own[2]),
        "another receiving key": (*own[:2], other),
        "live": own,
    }[wrong]
    described = {"type": "simulator", "build": "1", "attestation": comparing.attestation(*said)}
    if wrong == "live":
        monkeypatch.setattr("authsvc.capture.ceremonies.require_agent_allowed", lambda *_: None)
        monkeypatch.setattr(type(agent.tenant), "is_sandbox", False)
    answer = agent.post(row, "passkey", {"credential": credential, "agent": described})
    assert (answer.status_code, answer.json()["error"]) == (403, "attestation-refused")
    row.refresh_from_db()
    assert row.state == Transaction.State.OPEN


def test_a_receiving_key_is_named_at_enrolment_alone_and_the_passkey_covers_it(
    phone: Comparing, subject: Subject
) -> None:
    device = subject.devices.get()
    assert phone.agent.receiver is not None
    assert device.receiving_key == sealing.public_jwk(phone.agent.receiver)
    row = phone.agent.open()
    asked = {"session_key": phone.agent.session_key, "receiving_key": flow.session_key()}
    refused = phone.agent.post(row, "passkey/options", asked)
    assert (refused.status_code, refused.json()["error"]) == (400, "not-this-model")
    # What was signed for one key does not do for another.
    anew = begun_up_to_options(phone)
    credential = phone.agent.answer(phone.agent.options(anew))
    anew.refresh_from_db()
    assert anew.webauthn_state is not None
    Transaction.objects.filter(pk=anew.pk).update(
        webauthn_state={**anew.webauthn_state, "receiving_key": flow.session_key()}
    )
    assert phone.agent.passkey(anew, credential).status_code in {403, 409}


def begun_up_to_options(phone: Comparing) -> Transaction:
    invited = make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
    make_consent(invited)
    return phone.agent.open(Transaction.Kind.ENROL, subject=invited)


def test_a_page_that_enrols_is_asked_for_no_face(phone: Comparing) -> None:
    phone.agent.receiver = None
    row = begun_up_to_options(phone)
    assert phone.agent.passkey(row).json()["next"] == "done"


def test_of_another_model_nothing_is_sent_to_be_compared(phone: Comparing, subject: Subject) -> None:
    publish_models(models=["G", "C"], justification="For the tests.", published_by="admin")
    phone.agent.receiver = None
    anew = begun(phone, subject)
    phone.judged(anew)
    assert phone.agent.client.get(anew.continue_path).status_code == 200
    row = signing_in(phone)
    answer = phone.agent.post(row, "challenge", {"want": "reference"})
    assert (answer.status_code, answer.json()["error"]) == (403, "not-this-model")
    assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, transaction=row.pk).count() == 1
    odd = phone.agent.post(row, "challenge", {"want": "everything"})
    assert (odd.status_code, odd.json()["error"]) == (400, "bad-want")
