"""A moment is added by a person's own act alone: passkey, face, finish; nothing else moves a reference."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.core import mail

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import renewal, verification
from authsvc.biometrics.judgement import Judgement
from authsvc.biometrics.pipeline import Outcome
from authsvc.biometrics.stages import comparison
from authsvc.biometrics.templates import decode_template, encode_template, join_moments
from authsvc.biometrics.types import DecisionResult, FeatureResult, Reason, StageError
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.stages import Stage
from authsvc.management import faces, people
from authsvc.management.actors import System
from authsvc.person.words import lines
from authsvc.privacy.consent import live_consent
from authsvc.protection.base import Features, Share
from authsvc.protection.split_secret import PROTECTION
from authsvc.subjects.models import Subject
from authsvc.transactions import services
from authsvc.transactions.models import AttemptCounter, Capture, Transaction
from authsvc.transactions.records import NO_FINDINGS, NewReference
from authsvc.transactions.verdict import sign_verdict
from authsvc.vault import ageing
from authsvc.vault.models import DeviceWrap, Moment, Reference
from devtools.phone.sealing import container
from tests.factories import make_device, make_subject
from tests.unit.capture.agent import Agent
from tests.unit.transactions import flow

PHONE = Share(b"p" * 32, "prf")
ADDRESS = "ada@example.org"
TEST = System("a test")
THRESHOLD = 0.484
OWN = np.eye(1, 128, dtype=np.float32)[0]
OTHER = np.eye(2, 128, dtype=np.float32)[1]


def seen(vector: np.ndarray) -> FeatureResult:
    """What the stages make of a capture that shows this face."""
    return FeatureResult(vector[None], (0,), np.ones(1, np.float32))


def template_of(vector: np.ndarray) -> bytes:
    return encode_template(seen(vector), engine="engine:1")


@pytest.fixture
def ada(agent: Agent) -> Subject:
    """A person whose one passkey opens their face of one moment."""
    claims = {"email": ADDRESS, "email_verified": False}
    subject = agent.enrolled(reference="", reference_version=0, claims=claims)
    consent = live_consent(subject)
    assert consent is not None
    made = Features(template_of(OWN), "engine:1", 80)
    kept = PROTECTION.protect(
        made, subject=subject, device=subject.devices.get(), share=PHONE, consent=consent.pk
    )
    subject.reference, subject.reference_version = kept.pseudonym, kept.version
    subject.reference_moments = ageing.as_stored(kept.pseudonym, ageing.with_moment([], kept.pseudonym))
    subject.save()
    return subject


def begun(agent: Agent) -> Transaction:
    """Begin at the page, and use the passkey."""
    start: Any = agent.client.post(f"/t/{agent.tenant.slug}/moments/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert agent.passkey(row).json() == {"next": "capture"}
    row.refresh_from_db()
    return row


def captured(row: Transaction) -> Capture:
    services.issue_capture(row, challenge=flow.CHALLENGE)
    return services.accept_sample(row, b"sealed")


def added(row: Transaction, vector: np.ndarray = OWN, quality: int = 70) -> Moment:
    """Keep a moment, as a worker does with its verdict."""
    capture = captured(row)
    assert row.subject is not None
    assert row.device is not None
    subject, device = Subject.objects.get(pk=row.subject.pk), row.device
    made = Features(template_of(vector), "engine:1", quality)
    kept = PROTECTION.add(made, subject=subject, device=device, share=PHONE)
    reference = NewReference(kept.pseudonym, kept.version, "prf", kept.moment)
    assert services.record_verdict(capture.pk, flow.verdict_on(capture, reference=reference))
    return Moment.objects.get(pk=kept.moment)


def renewed(agent: Agent) -> Moment:
    row = begun(agent)
    moment = added(row)
    assert agent.client.get(row.continue_path).status_code == 200
    return moment


def counting(subject: Subject) -> list[str]:
    return [each.id for each in ageing.moments_of(Subject.objects.get(pk=subject.pk))]


def opened(subject: Subject) -> tuple[bytes, ...]:
    row = Subject.objects.get(pk=subject.pk)
    return PROTECTION.open(subject=row, device=row.devices.get(), share=PHONE)


@pytest.mark.requirement("S9.2-15")
def test_a_finished_renewal_counts_and_is_recorded_mailed_and_listed(agent: Agent, ada: Subject) -> None:
    row = begun(agent)
    moment = added(row)
    assert counting(ada) == [ada.reference]
    assert mail.outbox == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda work, **_: work())
        page = agent.client.get(row.continue_path).content.decode()
    assert counting(ada) == [ada.reference, moment.pk]
    assert opened(ada) == (template_of(OWN), template_of(OWN))
    told = AuditEvent.objects.get(tag=Tag.FACE_RENEWED)
    assert (told.transaction, told.subject, told.details["moments"]) == (row.pk, str(ada.pk), 2)
    assert row.pk in page
    assert [(each.to, "renewed" in each.subject) for each in mail.outbox] == [([ADDRESS], True)]
    newest = lines(people.file_of(ada.pk).attempts)[0]
    assert (str(newest.what), str(newest.text)) == ("Renewing your face", "With your passkey and your face.")
    again = agent.client.get(row.continue_path)
    assert (again.status_code, counting(ada)) == (200, [ada.reference, moment.pk])


@pytest.mark.requirement("S9.2-15")
def test_a_moment_that_is_not_finished_counts_for_nothing_and_is_erased(agent: Agent, ada: Subject) -> None:
    row = begun(agent)
    moment = added(row)
    assert opened(ada) == (template_of(OWN),)
    row.refresh_from_db()
    services.cancel(row)
    assert not Moment.objects.filter(pk=moment.pk).exists()
    assert agent.client.get(row.continue_path).status_code == 200  # says that it was left
    assert opened(ada) == (template_of(OWN),)
    assert Reference.objects.get(pk=ada.reference).status == "active"


def test_another_device_of_the_person_opens_the_added_moment_too(agent: Agent, ada: Subject) -> None:
    second, share = make_device(ada), Share(b"s" * 32, "prf")
    first = ada.devices.exclude(pk=second.pk).get()
    PROTECTION.admit(second, share, subject=ada, device=first, share=PHONE)
    renewed(agent)
    row = Subject.objects.get(pk=ada.pk)
    assert len(PROTECTION.open(subject=row, device=second, share=share)) == 2


@pytest.mark.requirement("S9.2-15")
def test_without_the_passkey_nobody_adds_a_moment(agent: Agent, ada: Subject) -> None:
    """Whoever has a person's page or a browser's cookies, and not the passkey, comes no further."""
    thief = Agent(agent.tenant)
    start: Any = thief.client.post(f"/t/{agent.tenant.slug}/moments/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert thief.post(row, "challenge", {"prefer": None}).status_code == 409
    assert thief.upload(row).status_code == 409
    assert thief.client.get(row.continue_path).status_code != 200
    mine = begun(agent)
    added(mine)
    assert thief.client.get(mine.continue_path).status_code == 403
    assert counting(ada) == [ada.reference]


def test_after_an_enrolment_it_is_for_the_same_person_alone(agent: Agent, ada: Subject) -> None:
    first = begun(agent)
    added(first)
    page = agent.client.get(first.continue_path).content.decode()
    assert f'name="after" value="{first.pk}"' in page
    sent = {"after": first.pk}
    where = f"/t/{agent.tenant.slug}/moments/"
    start: Any = agent.client.post(where, sent, headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert row.subject_id == ada.pk
    stranger: Any = Agent(agent.tenant).client.post(where, sent, headers={"origin": agent.origin})
    other = Transaction.objects.get(pk=stranger["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert other.subject_id is None


def test_nothing_is_renewed_without_a_face(agent: Agent, ada: Subject) -> None:
    row = begun(agent)
    refused = agent.post(row, "without-face")
    assert (refused.status_code, refused.json()["error"]) == (403, "face-needed")
    Transaction.objects.filter(pk=row.pk).update(state=Transaction.State.DECIDED)
    assert agent.client.get(row.continue_path).status_code == 409
    assert counting(ada) == [ada.reference]


def test_three_faces_that_do_not_match_end_a_renewal_and_count_as_tries(agent: Agent, ada: Subject) -> None:
    row = begun(agent)
    for _ in range(3):
        capture = captured(row)
        assert services.record_verdict(capture.pk, flow.verdict_on(capture, "refused"))
        row.refresh_from_db()
    assert AttemptCounter.objects.get(subject=ada).failures == 3
    assert agent.post(row, "challenge", {"prefer": None}).status_code == 409
    assert (Moment.objects.count(), counting(ada)) == (0, [ada.reference])
    refusals = AuditEvent.objects.filter(tag=Tag.VERDICT_RECORDED, transaction=row.pk)
    assert [each.details["outcome"] for each in refusals] == ["refused"] * 3


@pytest.mark.parametrize("changed", ["no face", "no consent", "recovered", "no policy"])
def test_where_nothing_can_be_renewed_it_is_said_after_the_passkey(
    agent: Agent, ada: Subject, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if changed == "no face":
        Subject.objects.filter(pk=ada.pk).update(reference="")
    elif changed == "no consent":
        ada.consents.update(withdrawn_at=now())
    elif changed == "recovered":
        ada.devices.update(recovered=True)
    else:
        monkeypatch.setattr("authsvc.capture.flow.policy_stands", lambda: False)
    start: Any = agent.client.post(f"/t/{agent.tenant.slug}/moments/", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    assert agent.passkey(row).json() == {"next": "no-renewal"}
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.pk}/").content.decode()
    assert 'data-screen="no-renewal"' in page
    assert "without-face" not in page.split('data-screen="prepare"')[1]


@pytest.mark.parametrize("act", [faces.remove, faces.withdraw, people.close])
def test_an_act_on_the_person_ends_a_renewal_that_waits_for_its_finish(
    agent: Agent, ada: Subject, act: Any
) -> None:
    row = begun(agent)
    added(row)
    act(by=TEST, subject=ada)
    assert agent.client.get(row.continue_path).status_code in {200, 410}
    assert (Moment.objects.count(), counting(ada)) == (0, [])


def test_a_moment_of_a_reference_that_was_replaced_meanwhile_is_not_attached(
    agent: Agent, ada: Subject
) -> None:
    row = begun(agent)
    added(row)
    fresh = make_subject().reference
    Subject.objects.filter(pk=ada.pk).update(reference=fresh, reference_version=2)
    assert agent.client.get(row.continue_path).status_code == 409
    assert Subject.objects.get(pk=ada.pk).reference == fresh
    assert Moment.objects.count() == 0


def test_a_verdict_on_a_renewal_without_a_moment_is_not_believed(agent: Agent, ada: Subject) -> None:
    row = begun(agent)
    capture = captured(row)
    made = NewReference(ada.reference, ada.reference_version, "prf")
    with pytest.raises(Refused, match="verdict-refused"):
        services.record_verdict(capture.pk, flow.verdict_on(capture, reference=made))


# --- how many, and how old --------------------------------------------------------------------------------
@pytest.mark.requirement("S5.2-05")
def test_of_five_moments_the_oldest_leaves_and_the_first_stays(agent: Agent, ada: Subject) -> None:
    rows = [renewed(agent) for _ in range(4)]
    assert counting(ada) == [ada.reference, rows[1].pk, rows[2].pk, rows[3].pk]
    assert set(Moment.objects.values_list("pk", flat=True)) == {each.pk for each in rows[1:]}
    assert AuditEvent.objects.get(tag=Tag.MOMENTS_DROPPED).details["count"] == 1


@pytest.mark.requirement("S5.2-05")
def test_what_is_over_two_years_old_leaves_with_a_renewal(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, now() + timedelta(days=731))
    moment = renewed(agent)
    assert counting(ada) == [moment.pk]
    assert bytes(Reference.objects.get(pk=ada.reference).sealed_template) == b""
    assert opened(ada) == (template_of(OWN),)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Shift the clock by which a reference ages; all other clocks stay."""
    monkeypatch.setattr(ageing, "now", lambda: moment)


def signing_in(agent: Agent) -> tuple[Transaction, str]:
    row = agent.open()
    following = agent.passkey(row).json()["next"]
    row.refresh_from_db()
    return row, following


@pytest.mark.requirement("S5.2-05")
@pytest.mark.parametrize(("days", "proposed"), [(0, False), (181, False), (183, True), (729, True)])
def test_after_six_months_a_renewal_is_proposed_at_the_end_of_a_sign_in(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch, days: int, proposed: bool
) -> None:
    at(monkeypatch, now() + timedelta(days=days))
    row, following = signing_in(agent)
    assert following == "choose"
    capture = captured(row)
    assert services.record_verdict(capture.pk, flow.verdict_on(capture))
    status = agent.get(row, "status").json()
    assert (status["state"], status.get("renewal")) == ("done", "proposed" if proposed else None)
    face = faces.face_of(Subject.objects.get(pk=ada.pk))
    assert face is not None
    assert (face.age.proposed_since is not None, face.age.absent_since) == (proposed, None)


@pytest.mark.requirement("S5.2-05")
def test_after_two_years_the_face_counts_as_absent_until_it_is_renewed(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, now() + timedelta(days=731))
    row, following = signing_in(agent)
    assert following == "renew"
    assert AuditEvent.objects.get(tag=Tag.FACE_TOO_OLD).transaction == row.pk
    assert agent.get(row).json()["face"]["offered"] is False
    refused = agent.post(row, "challenge", {"prefer": None})
    assert (refused.status_code, refused.json()["error"]) == (409, "face-too-old")
    assert agent.post(row, "without-face").json()["next"] == "done"
    row.refresh_from_db()
    assert row.evidence.face is None
    renewed(agent)
    assert signing_in(agent)[1] == "choose"


@pytest.mark.requirement("S5.2-05")
def test_a_worker_compares_no_face_that_is_too_old_whoever_asks(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, _ = signing_in(agent)
    capture = captured(row)
    at(monkeypatch, now() + timedelta(days=731))
    with pytest.raises(StageError) as refused:
        verification.verify(capture, NOTHING_BESIDE)
    assert refused.value.reason == Reason.REFERENCE_TOO_OLD


@pytest.mark.requirement("S5.2-05")
@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (Reason.ENGINE_MISMATCH, "outdated"),
        (Reason.REFERENCE_TOO_OLD, "outdated"),
        (Reason.UNMEASURED, "unmeasured"),
    ],
)
def test_what_can_not_be_compared_costs_no_try_and_leaves_the_passkey(
    agent: Agent, ada: Subject, reason: Reason, why: str
) -> None:
    row, _ = signing_in(agent)
    capture = captured(row)
    assert services.record_verdict(capture.pk, flow.verdict_on(capture, "refused", reason=str(reason)))
    said = {"state": "refused", "may_retry": False, "why": why}
    assert agent.get(row, "status").json() == said
    assert AttemptCounter.objects.get(subject=ada).failures == 0
    assert agent.post(row, "challenge", {"prefer": None}).status_code == 409
    assert agent.post(row, "without-face").json()["next"] == "done"


def test_the_own_page_says_how_old_a_face_is_and_since_when_it_is_to_be_renewed(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Renew my face" in own_page(agent)
    for days, said in ((183, "It is time to renew your face"), (731, "Your face has to be renewed")):
        at(monkeypatch, now() + timedelta(days=days))
        assert said in own_page(agent)


def own_page(agent: Agent) -> str:
    where = f"/t/{agent.tenant.slug}/me/"
    start: Any = agent.client.post(f"{where}enter", headers={"origin": agent.origin})
    row = Transaction.objects.get(pk=start["Location"].rstrip("/").rsplit("/", 1)[-1])
    agent.client.get(agent.passkey(row).json()["continue_url"])
    return agent.client.get(where).content.decode()


@pytest.mark.requirement("S5.2-05")
def test_a_reference_of_a_release_before_ages_by_the_day_it_was_stored(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    Subject.objects.filter(pk=ada.pk).update(reference_moments=None)
    assert counting(ada) == [ada.reference]
    assert opened(ada) == (template_of(OWN),)
    at(monkeypatch, now() + timedelta(days=731))
    assert signing_in(agent)[1] == "renew"


# --- what moves a reference, and what does not -------------------------------------------------------------
_SENT = {"share": PHONE.value, "share_kind": PHONE.kind, "new_share": None, "new_share_kind": None}
NOTHING_BESIDE = container({}, [])
"""A sample without frames, of which `judged` says what would be found."""


def judged(monkeypatch: pytest.MonkeyPatch, vector: np.ndarray) -> None:
    """Let what is before the camera be a face with these features; it is compared as always."""

    def examine(capture: Capture, _sample: bytes, *, plan: Any, protection: Any, open_reference: Any) -> Any:
        manifest: Any = type("Manifest", (), dict(_SENT))()
        found = comparison.assess(
            seen(vector), open_reference(manifest), engine_id="engine:1", threshold=THRESHOLD
        )
        if not found.matched:
            return Outcome(DecisionResult("refused", Reason.NON_MATCH), (), {}), None, NO_FINDINGS
        template = template_of(vector) if Stage.TEMPLATE in plan else None
        outcome = Outcome(DecisionResult("accepted"), (), {}, manifest=manifest, template=template)
        return outcome, flow.face_proof(capture), NO_FINDINGS

    for module in (renewal, verification):
        monkeypatch.setattr(module, "examine", examine)


def sealed() -> list[Any]:
    """Every byte that is kept of references, with their versions; when one was last opened is not of it."""
    references = Reference.objects.order_by("pk").values()
    kept = [{name: value for name, value in row.items() if name != "last_opened_at"} for row in references]
    return [*kept, *Moment.objects.order_by("pk").values(), *DeviceWrap.objects.order_by("pk").values()]


def concluded(capture: Capture, judgement: Judgement) -> bool:
    """Do what the worker's task does with a judgement; tell whether it was accepted."""
    made = judgement.store() if judgement.store is not None else None
    assert services.record_verdict(capture.pk, sign_verdict(judgement.verdict(capture, made)))
    return judgement.decision.outcome == "accepted"


def morphed(step: int, steps: int = 20) -> np.ndarray:
    """The face on the way from the person's own to somebody else's."""
    angle = np.pi / 2 * step / steps
    return np.asarray(np.cos(angle) * OWN + np.sin(angle) * OTHER, np.float32)


@pytest.mark.requirement("S9.2-15")
def test_twenty_morphed_probes_at_sign_in_do_not_shift_the_reference(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (counting(ada), opened(ada), sealed())
    version = Subject.objects.get(pk=ada.pk).reference_version
    accepted = []
    for step in range(1, 21):
        judged(monkeypatch, morphed(step))
        row, _ = signing_in(agent)
        AttemptCounter.objects.all().delete()
        capture = captured(row)
        accepted.append(concluded(capture, verification.verify(capture, NOTHING_BESIDE)))
    assert True in accepted
    assert accepted[-1] is False
    assert (counting(ada), opened(ada), sealed()) == before
    assert Subject.objects.get(pk=ada.pk).reference_version == version
    assert Moment.objects.count() == 0


@pytest.mark.requirement("S9.2-15")
def test_twenty_morphed_renewals_do_not_walk_the_reference_to_somebody_else(
    agent: Agent, ada: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even whoever holds the passkey comes no further from the first moment than one threshold."""
    for step in range(1, 21):
        judged(monkeypatch, morphed(step))
        AttemptCounter.objects.all().delete()
        row = begun(agent)
        capture = captured(row)
        if concluded(capture, renewal.renew(capture, NOTHING_BESIDE)):
            assert agent.client.get(row.continue_path).status_code == 200
    reference = join_moments([decode_template(each) for each in opened(ada)])
    assert len(reference.vectors) == 4
    assert comparison.assess(seen(OWN), reference, engine_id="engine:1", threshold=THRESHOLD).matched
    assert [bool(each @ OWN >= THRESHOLD) for each in reference.vectors] == [True] * 4


def test_what_the_vault_says_of_quality_is_shown(agent: Agent, ada: Subject) -> None:
    row = begun(agent)
    added(row, quality=55)
    agent.client.get(row.continue_path)
    face = faces.face_of(Subject.objects.get(pk=ada.pk))
    assert face is not None
    assert [each.quality for each in face.moments] == [80, 55]


def test_the_verdict_on_a_renewal_says_more_and_every_other_what_it_said(agent: Agent, ada: Subject) -> None:
    row = begun(agent)
    capture = captured(row)
    plain = flow.verdict_of(capture)
    made = NewReference("p", 1, "prf")
    with_reference = replace(plain, reference=made)
    assert "reference" not in plain.to_json()
    assert with_reference.to_json()["reference"] == {"pseudonym": "p", "version": 1, "share_kind": "prf"}
    with_moment = replace(plain, reference=replace(made, moment="m"))
    text = json.dumps(with_moment.to_json()).encode()
    assert type(plain).from_text(text) == with_moment
