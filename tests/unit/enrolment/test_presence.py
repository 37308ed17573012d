"""Model D, whole: an enrolment keeps nothing, a sign-in shows a living person, and no more is taken."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from authsvc.assurance.face import face_said
from authsvc.assurance.levels import Evidence, assess
from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import enrolment as enrolling
from authsvc.biometrics import tasks, verification
from authsvc.biometrics.crossing import Sent, protection_in
from authsvc.biometrics.types import DecisionResult, Reason, StageError
from authsvc.capture.browser import cookie_name
from authsvc.core.application_models import application_model
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import b64u
from authsvc.core.stages import Stage
from authsvc.enrolment import services as enrolment
from authsvc.management import faces, people
from authsvc.management.actors import Person
from authsvc.management.keeping import compared, kept
from authsvc.oidc.requests.wanted import Wanted
from authsvc.person.words import whereabouts
from authsvc.policy.services import publish_models
from authsvc.privacy.models import ConsentReceipt
from authsvc.privacy.notice import current_notice
from authsvc.protection.base import Share
from authsvc.subjects.models import Subject
from authsvc.transactions import services
from authsvc.transactions.models import AttemptCounter, Capture, Outgoing, SealedSample, Transaction
from authsvc.transactions.records import NO_FINDINGS
from authsvc.vault.models import Bundle, Reference
from devtools.phone import sealing
from tests.factories import make_party, make_subject
from tests.unit.capture.agent import JSON, Agent
from tests.unit.transactions import flow

pytestmark = pytest.mark.requirement("S6.3-01", "S6.3-04")
NOTHING_SENT = Sent(Share(b"", ""), Share(b"", ""))


def allow(*models: str) -> None:
    publish_models(models=models, justification="For the tests.", published_by="admin")


@pytest.fixture(autouse=True)
def _keeps_nothing(agent: Agent) -> None:
    allow("D")


def begun(agent: Agent, subject: Subject) -> Transaction:
    """Follow an enrolment link, and agree."""
    _, url = enrolment.create_link(subject=subject, created_by="admin")
    body = {"notice_version": current_notice(agent.tenant).version}
    answer: Any = agent.client.post(
        urlsplit(url).path + "consent", body, content_type=JSON, headers={"origin": agent.origin}
    )
    return Transaction.objects.get(pk=answer.json()["transaction"])


def enrolled(agent: Agent, subject: Subject | None = None) -> Subject:
    subject = subject or make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)
    row = begun(agent, subject)
    assert agent.passkey(row).json()["next"] == "done"
    assert agent.client.get(row.continue_path).status_code == 200
    subject.refresh_from_db()
    return subject


def demanding(agent: Agent) -> Transaction:
    """A sign-in whose relying party demands presence, with the passkey used."""
    row = agent.open(client=make_party(), request=Wanted(presence=True))
    assert agent.passkey(row).json() == {"next": "choose", "shows": "presence"}
    row.refresh_from_db()
    return row


def key_of(agent: Agent, row: Transaction) -> str:
    return agent.client.cookies[cookie_name(row.pk)].value


ALIVE = DecisionResult("accepted")


def seen(
    row: Transaction, sent: dict[str, Any] | None = None, decision: DecisionResult = ALIVE, **shares: Any
) -> Capture:
    """Show somebody, of whom the stages decide so; `sent` and `shares` go up beside the frames."""
    services.issue_capture(row, challenge=flow.CHALLENGE)
    capture = services.accept_sample(row, b"sealed")
    nothing = dict.fromkeys(("share", "share_kind", "new_device", "new_share", "new_share_kind"))
    manifest = SimpleNamespace(**{**nothing, **shares}) if decision is ALIVE else None
    found = SimpleNamespace(decision=decision, manifest=manifest)
    proof = flow.face_proof(capture, model="D", share_kind=None) if decision is ALIVE else None
    loaded = Capture.objects.select_related("transaction__subject", "transaction__device").get(pk=capture.pk)

    def examine(_: Capture, __: bytes, *, plan: Any, protection: Any, **___: Any) -> Any:
        assert (protection.letter, Stage.VAULT in plan) == ("D", False)
        return found, proof, NO_FINDINGS

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "examine", examine)
        tasks._conclude(loaded, verification.verify(loaded, sealing.container(sent or {}, [])))
    row.refresh_from_db()
    capture.refresh_from_db()
    return capture


@pytest.mark.requirement("S10-01", "S10-07")
def test_an_enrolment_makes_a_passkey_without_a_camera_and_keeps_the_consent_alone(agent: Agent) -> None:
    subject = enrolled(agent)
    assert (subject.has_face, subject.status) == (False, Subject.Status.ACTIVE)
    assert not Capture.objects.exists()
    receipt = ConsentReceipt.objects.get()
    assert receipt.purpose == "presence"
    assert "compares them with nothing" in receipt.notice["where"]


def test_no_capture_is_drawn_for_an_enrolment(agent: Agent) -> None:
    subject = make_subject(reference="", reference_version=0)
    row = begun(agent, subject)
    assert agent.get(row).json()["face"]["offered"] is False
    row = agent.open(Transaction.Kind.ENROL, subject=subject)
    agent.answer(agent.options(row))
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.PROVEN)
    with pytest.raises(Refused) as refused:
        services.issue_capture(row, challenge=flow.CHALLENGE)
    assert refused.value.code == "face-closed"


@pytest.mark.requirement("S5.3-02", "S10-05")
@pytest.mark.parametrize(
    ("extra", "asked", "following"),
    [
        ({}, {}, {"next": "done"}),
        ({"presence": "preferred"}, {}, {"next": "choose", "shows": "presence"}),
        ({}, {"presence": True}, {"next": "choose", "shows": "presence"}),
        ({}, {"face": True}, {"next": "demanded"}),
        ({}, {"face": True, "presence": True}, {"next": "demanded"}),
    ],
    ids=["nobody asks", "preferred", "demanded", "a face", "both"],
)
def test_the_camera_is_offered_where_presence_is_asked_for_alone(
    agent: Agent, extra: dict[str, str], asked: dict[str, bool], following: dict[str, str]
) -> None:
    enrolled(agent)
    row = agent.open(client=make_party(extra=extra), request=Wanted(**cast(Any, asked)))
    answer = agent.passkey(row).json()
    answer.pop("continue_url", None)
    assert answer == following


def test_a_living_person_is_said_to_be_there_and_no_face(agent: Agent) -> None:
    enrolled(agent)
    row = demanding(agent)
    want = agent.get(row).json()["face"]["want"]
    assert want == {"share": False, "reference": None, "receiver": False}
    capture = seen(row)
    assert (capture.state, capture.reason) == (Capture.State.ACCEPTED, "present")
    evidence = services.consume(row.pk, key_of(agent, row), at=row.continue_path).evidence
    said = face_said(evidence)
    assert said == {"match": "none", "pad": "remote", "capture": "browser", "model": "D"}
    assert assess(Evidence.from_record(evidence)).amr == ("swk", "user", "mfa")


@pytest.mark.parametrize(
    ("sent", "shares"),
    [
        ({}, {"share": b"s" * 32, "share_kind": "prf"}),
        ({}, {"new_device": "d", "new_share": b"s" * 32, "new_share_kind": "prf"}),
        ({"bundles": [b64u(b"sealed")]}, {}),
    ],
    ids=["share", "second share", "bundle"],
)
@pytest.mark.modes("attacks", models="D")
def test_what_nobody_asked_for_is_refused_and_written_down(
    agent: Agent, sent: dict[str, Any], shares: dict[str, Any]
) -> None:
    enrolled(agent)
    row = demanding(agent)
    with pytest.raises(StageError) as refused:
        seen(row, sent, **shares)
    assert refused.value.reason == Reason.FLOW
    assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, reason=Reason.FLOW).count() == 1


@pytest.mark.modes("attacks", models="D")
def test_nothing_is_fetched(agent: Agent) -> None:
    enrolled(agent)
    answer = agent.post(demanding(agent), "outgoing")
    assert (answer.status_code, answer.json()["error"]) == (403, "not-this-model")
    assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED, reason="not-this-model").count() == 1


def test_presence_is_not_there_without_a_capture(agent: Agent) -> None:
    enrolled(agent)
    row = demanding(agent)
    assert agent.post(row, "without-face").json()["next"] == "done"
    row.refresh_from_db()
    assert face_said(row.evidence) is None


@pytest.mark.requirement("S9.2-04")
@pytest.mark.parametrize("reason", [Reason.PAD_ATTACK, Reason.IAD_INJECTION])
def test_who_does_not_look_alive_is_not_there_and_has_used_a_try(agent: Agent, reason: Reason) -> None:
    subject = enrolled(agent)
    row = demanding(agent)
    capture = seen(row, decision=DecisionResult("refused", reason))
    assert (capture.state, capture.reason) == (Capture.State.REFUSED, reason)
    assert (row.state, row.evidence.face) == (Transaction.State.PROVEN, None)
    assert AttemptCounter.objects.get(subject=subject).failures == 1


@pytest.mark.requirement("SB-01")
def test_evidence_that_names_another_model_than_the_verdict_is_not_believed(agent: Agent) -> None:
    enrolled(agent)
    row = demanding(agent)
    row.evidence = replace(row.evidence, face=flow.face_proof(seen(row)))
    row.save()
    with pytest.raises(Refused) as refused:
        services.consume(row.pk, key_of(agent, row), at=row.continue_path)
    assert refused.value.code == "verdict-altered"


def test_who_has_a_reference_is_never_judged_without_it(agent: Agent) -> None:
    subject = enrolled(agent)
    row = demanding(agent)
    services.issue_capture(row, challenge=flow.CHALLENGE)
    # A reference that the vault does not know: the model is the tenant's own, which would keep none.
    subject.reference = "unknown"
    subject.save()
    with pytest.raises(StageError, match="one with a reference"):
        verification._require_nothing_kept(
            Transaction.objects.get(pk=row.pk), protection_in(row), NOTHING_SENT
        )


@pytest.mark.requirement("S10-05", "S7-02")
@pytest.mark.modes("canary", "stolen", models="D")
def test_no_table_holds_anything_of_a_face(agent: Agent) -> None:
    subject = enrolled(agent)
    seen(demanding(agent))
    for table in (Reference, Bundle, Outgoing, SealedSample):
        assert not table.objects.exists()
    assert (subject.reference, subject.reference_version, subject.reference_moments) == ("", 0, None)


@pytest.mark.requirement("S10-01", "S10-08")
@pytest.mark.modes("revocation", "erasure", models="D")
def test_a_consent_that_is_withdrawn_ends_it_and_there_is_nothing_to_erase(agent: Agent) -> None:
    subject = enrolled(agent)
    running = demanding(agent)
    assert faces.withdraw(by=Person(subject.pk, now()), subject=subject)
    running.refresh_from_db()
    assert running.state == Transaction.State.CANCELLED
    assert not AuditEvent.objects.filter(tag=Tag.FACE_ERASED).exists()
    assert services.model_of_person(subject) is None
    row = agent.open(client=make_party(), request=Wanted(presence=True))
    assert agent.passkey(row).json() == {"next": "demanded"}


@pytest.mark.requirement("S10-01")
@pytest.mark.modes("moving", models="D")
def test_a_face_of_before_is_erased_by_an_enrolment_that_keeps_none_and_by_nothing_less(agent: Agent) -> None:
    allow("G")
    subject = agent.enrolled()
    allow("D", "G")
    before = subject.reference
    row = begun(agent, subject)
    subject.refresh_from_db()
    assert subject.reference == before
    assert agent.passkey(row).json()["next"] == "done"
    assert agent.client.get(row.continue_path).status_code == 200
    subject.refresh_from_db()
    assert not subject.has_face
    assert services.model_of_person(subject) == application_model("D")


@pytest.mark.requirement("S10-01")
def test_who_agreed_to_a_comparison_is_not_asked_for_less_and_nobody_for_more(agent: Agent) -> None:
    allow("G")
    person = agent.enrolled(reference="")
    allow("D", "G")
    row = agent.open(client=make_party(), request=Wanted(presence=True))
    assert agent.passkey(row).json() == {"next": "demanded"}
    enrolled(agent, person)
    allow("G", "D")
    assert seen(demanding(agent)).state == Capture.State.ACCEPTED
    person.refresh_from_db()
    assert not person.has_face


def test_an_enrolment_that_began_with_a_face_ends_without_one_where_none_is_kept_any_more(
    agent: Agent,
) -> None:
    allow("G")
    row = begun(agent, make_subject(reference="", reference_version=0))
    allow("D")
    assert agent.passkey(row).json()["next"] == "done"
    with pytest.raises(StageError) as refused:
        enrolling.enrol(Capture(transaction=row, tenant_id=agent.tenant.pk), b"")
    assert refused.value.reason == Reason.MODEL_NOT_ALLOWED


@pytest.mark.requirement("S10-07")
@pytest.mark.modes("portal", models="D")
def test_own_page_and_portal_say_where_nothing_is_kept(agent: Agent) -> None:
    model = people.file_of(enrolled(agent).pk).model
    assert model is not None
    assert str(whereabouts(model)[0]).startswith("Nothing of your face is kept")
    assert "may have been a PIN" in str(compared(model))
    assert str(kept(model)).endswith("(model D)")
