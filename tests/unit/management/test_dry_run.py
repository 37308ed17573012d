"""The dry run: what a draft would have done, told by the product's own rules from what is kept."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from time import process_time
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from authsvc.assurance.evidence import Agent, FaceProof
from authsvc.biometrics.types import Reason
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.components import Component
from authsvc.management.dry_run import run as running
from authsvc.management.dry_run.facts import LAST
from authsvc.management.dry_run.replay import Cause, Why
from authsvc.management.dry_run.run import Change, DryRun, Touched, dry_run, named
from authsvc.management.dry_run.words import CHANGES, REASONS, said_of
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.models import PolicyVersion
from authsvc.policy.services import publish_policy
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sql import reading_alone
from authsvc.transactions.models import Transaction
from tests.campaign import Size
from tests.ended import ended, face, failed, many, proven, stored
from tests.factories import make_party, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-02")]
STRICT = {**DEFAULT, "operating_point": "3e-5"}
REQUIRED = {"face": "required"}
JUSTIFIED = {
    "face_reason": "a",
    "face_owner": "b",
    "dpia_reference": "c",
    "dpia_until": "2100-01-01",
    "face_alternative": "d",
}


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def party(tenant: Tenant) -> RelyingParty:
    return make_party()


def demanding(**fields: Any) -> RelyingParty:
    """A relying party that requires the face, as its justification lets it."""
    return make_party(extra=REQUIRED, justification=JUSTIFIED, **fields)


def tried(
    document: Mapping[str, Any] = DEFAULT, parties: Mapping[str, Mapping[str, Any]] | None = None
) -> DryRun:
    return dry_run(document, parties or {})


def only(run: DryRun) -> Touched:
    [found] = run.touched
    return found


def one(party: RelyingParty | None, shown: FaceProof | None = None, **fields: Any) -> Transaction:
    [row] = stored([ended(party, make_subject(), proven(shown), **fields)])
    return row


def test_what_is_in_force_changes_nothing(party: RelyingParty) -> None:
    many(50, [party, demanding(name="Other")], [make_subject()])
    run = tried()
    assert (run.looked_at, run.touched, run.counts[Change.SAME]) == (50, [], 50)


def test_a_raised_floor_refuses_who_reaches_less(party: RelyingParty) -> None:
    row = one(party)
    run = tried(parties={party.pk: {"floor_level": "L3"}})
    found = only(run)
    assert (found.attempt.id, found.change, found.reasons) == (row.pk, Change.REFUSED, (Why.LESS,))
    assert str(said_of(found.before)) == "let in at L2 without a face"
    assert str(said_of(found.after)) == "refused"


def test_a_raised_floor_of_a_scope_meets_who_asks_for_it_alone(party: RelyingParty) -> None:
    one(party)
    asking = one(party, asked={"scope": ["openid", "address"]})
    found = only(tried(parties={party.pk: {"scope_floors": ["address L3"]}}))
    assert (found.attempt.id, found.change) == (asking.pk, Change.REFUSED)


def test_a_lowered_floor_lets_in_who_was_refused(tenant: Tenant) -> None:
    high = make_party(floor_level="L3")
    one(high)
    found = only(tried(parties={high.pk: {"floor_level": "L2"}}))
    assert (found.change, found.reasons) == (Change.ADMITTED, (Why.LESS,))


def test_a_required_face_refuses_who_showed_none(party: RelyingParty) -> None:
    without, _with = one(party), one(party, face())
    RelyingParty.objects.filter(pk=party.pk).update(justification=JUSTIFIED)
    found = only(tried(parties={party.pk: REQUIRED}))
    assert (found.attempt.id, found.reasons) == (without.pk, (Why.NO_FACE,))


def test_presence_is_shown_by_a_face_whose_model_compares_nothing(party: RelyingParty) -> None:
    seen = one(party, face(model="D", share_kind=None))
    RelyingParty.objects.filter(pk=party.pk).update(justification=JUSTIFIED)
    both = {**DEFAULT, "models": ["G", "D"]}
    publish_policy(document=both, published_by="admin")
    assert tried(both, {party.pk: {"presence": "required"}}).touched == []
    found = only(tried(both, {party.pk: REQUIRED}))
    assert (found.attempt.id, found.reasons) == (seen.pk, (Why.NO_FACE,))


def test_a_stricter_point_cannot_be_told_where_the_face_decides(tenant: Tenant) -> None:
    one(demanding(), face())
    found = only(tried(STRICT))
    assert (found.change, found.reasons) == (Change.UNTOLD, (Cause.THRESHOLD,))
    assert str(said_of(found.after)) == "let in at L2 with a face or refused"


def test_a_stricter_point_is_told_where_the_face_decides_nothing(party: RelyingParty) -> None:
    one(party, face())
    found = only(tried(STRICT))
    assert (found.change, found.reasons) == (Change.FACE_UNTOLD, (Cause.THRESHOLD,))


def test_what_passed_a_stricter_point_passes_a_looser_one(tenant: Tenant) -> None:
    strict = publish_policy(document=STRICT, published_by="admin")
    one(demanding(), face(operating_point="3e-5", policy=strict.digest))
    assert tried(DEFAULT).touched == []


def test_who_was_another_at_a_looser_point_is_so_at_a_stricter_one(tenant: Tenant) -> None:
    failed(one(demanding(), state=Transaction.State.CANCELLED, decided_at=None), Reason.NON_MATCH)
    assert tried(STRICT).touched == []


def test_who_was_another_at_a_stricter_point_may_have_matched_at_a_looser(tenant: Tenant) -> None:
    publish_policy(document=STRICT, published_by="admin")
    PolicyVersion.objects.unchecked().update(published_at=now() - timedelta(days=1))
    failed(
        one(demanding(), state=Transaction.State.CANCELLED, decided_at=None),
        Reason.NON_MATCH,
    )
    # Its seal speaks of when it was published.
    publish_policy(document=STRICT, published_by="admin")
    found = only(tried(DEFAULT))
    assert (found.change, found.reasons) == (Change.UNTOLD, (Cause.THRESHOLD,))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"minimum_quality": 60}, Cause.QUALITY),
        ({"challenge": {"L2": ["turn", "blink"]}}, Cause.CUES),
        ({"least_age": 21}, Cause.AGE),
        ({"region": "eu"}, Cause.REGION),
        ({"minimum_quality": 60, "least_age": 21}, Cause.QUALITY),
    ],
)
def test_what_is_not_kept_cannot_be_told(tenant: Tenant, changes: Mapping[str, Any], cause: Cause) -> None:
    one(demanding(), face())
    found = only(tried({**DEFAULT, **changes}))
    assert found.change == Change.UNTOLD
    assert cause in found.reasons
    assert all(reason in REASONS for reason in found.reasons)


def test_a_face_that_was_judged_in_the_region_is_so_still(tenant: Tenant) -> None:
    here = Component("worker", "default", "L2", "eu")
    one(demanding(), face(components=(here,)))
    assert tried({**DEFAULT, "region": "eu"}).touched == []


def test_a_model_that_is_dropped_counts_no_more(tenant: Tenant) -> None:
    one(demanding(), face())
    one(demanding(name="Other"), face(model="B", policy="unknown"))
    publish_policy(document={**DEFAULT, "models": ["G", "B"]}, published_by="admin")
    found = only(tried({**DEFAULT, "models": ["B"]}))
    assert (found.change, found.reasons) == (Change.REFUSED, (Why.NO_FACE,))


def test_a_model_that_is_let_in_cannot_be_told_of(tenant: Tenant) -> None:
    failed(one(demanding(), state=Transaction.State.EXPIRED, decided_at=None), Reason.MODEL_NOT_ALLOWED)
    found = only(tried({**DEFAULT, "models": ["G", "B"]}))
    assert (found.change, found.reasons) == (Change.UNTOLD, (Cause.MODELS,))


def test_an_enrolment_into_another_model_cannot_be_told(tenant: Tenant) -> None:
    one(None, face(), kind=Transaction.Kind.ENROL)
    found = only(tried({**DEFAULT, "models": ["B", "G"]}))
    assert Cause.MODELS in found.reasons


def test_a_closed_hand_off_refuses_who_came_by_one(party: RelyingParty) -> None:
    stored(
        [
            ended(party, make_subject(), proven(handoff="number")),
            ended(party, make_subject(), proven(handoff="hybrid")),
        ]
    )
    assert tried({**DEFAULT, "handoff_digits": 0}).counts[Change.REFUSED] == 2
    assert tried({**DEFAULT, "handoff_digits": 4}).touched == []
    assert only(tried({**DEFAULT, "handoff_near": True})).reasons == (Why.NOT_NEAR,)


def test_a_program_that_may_sign_nobody_in_refuses_its_people(party: RelyingParty) -> None:
    stored([ended(party, make_subject(), proven(agent=Agent("simulator", "1")))])
    one(party)
    closed = {**DEFAULT, "agents": {"browser": True, "simulator": False}}
    assert only(tried(closed)).reasons == (Why.AGENT,)


def test_who_left_where_a_face_was_demanded_may_have_gone_on(tenant: Tenant) -> None:
    strict = demanding()
    failed(one(strict, state=Transaction.State.CANCELLED, decided_at=None), Reason.NON_MATCH)
    found = only(tried(parties={strict.pk: {"face": ""}}))
    assert (found.change, found.reasons) == (Change.UNTOLD, (Cause.LEFT,))


def test_a_face_that_no_record_vouches_for_at_the_point_counts_no_more(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = publish_policy(document=STRICT, published_by="admin")
    one(demanding(), face(operating_point="3e-5", policy=strict.digest))
    monkeypatch.setattr(running, "weakness_of", lambda *_args, **_more: "too-weak")
    found = only(tried(DEFAULT))
    assert (found.change, found.reasons) == (Change.REFUSED, (Why.NO_FACE,))


def test_a_record_that_is_gone_cannot_be_told_of(tenant: Tenant) -> None:
    strict = publish_policy(document=STRICT, published_by="admin")
    one(demanding(), face(operating_point="3e-5", policy=strict.digest, record="gone"))
    found = only(tried(DEFAULT))
    assert (found.change, found.reasons) == (Change.UNTOLD, (Cause.UNKNOWN,))


def test_what_waits_and_what_has_no_face_is_left_out(party: RelyingParty) -> None:
    one(party, state=Transaction.State.OPEN, decided_at=None)
    one(party, kind=Transaction.Kind.OWN_PAGE)
    stored([ended(party, None, proven(), stored_evidence={"passkey": "altered"})])
    assert tried().looked_at == 0


def test_people_are_counted_once_and_found_by_what_happens(party: RelyingParty) -> None:
    twice, once = make_subject(name="Twice"), make_subject(name="Once")
    other = make_party(name="Other")
    moment = now()
    stored(
        [
            ended(party, twice, proven(), at=moment - timedelta(hours=2)),
            ended(party, twice, proven(), at=moment - timedelta(hours=1)),
            ended(other, once, proven(), at=moment - timedelta(hours=3)),
            ended(party, None, proven(), at=moment - timedelta(hours=3)),
        ]
    )
    run = tried(parties={party.pk: {"floor_level": "L3"}, other.pk: {"floor_level": "L3"}})
    first, second = named(run.people())
    assert (first.subject, first.attempts, second.subject) == (twice, 2, once)
    assert [each.subject for each in named(run.people(party=other.pk))] == [once]
    assert run.people(change=Change.ADMITTED) == []
    assert len(run.people(reason=Why.LESS)) == 2
    assert [(row.party, row.attempts, row.changes[Change.REFUSED]) for row in run.by_party] == [
        (party, 3, 3),
        (other, 1, 1),
    ]
    assert run.by_reason == [(Change.REFUSED, Why.LESS, 4)]


def test_every_change_and_reason_has_words() -> None:
    assert set(CHANGES) == set(Change)
    assert set(REASONS) == {*Cause, *Why, "with-face", "without-face"}


def test_nobody_sees_attempts_of_another_tenant(party: RelyingParty) -> None:
    one(party)
    with tenant_scope(make_tenant().id):
        assert tried().looked_at == 0


def test_it_reads_in_a_transaction_that_refuses_to_write(
    party: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def writes() -> None:
        Transaction.objects.unchecked().update(continue_path="/altered")

    row = one(party)
    monkeypatch.setattr(running, "kept_facts", writes)
    with pytest.raises(DatabaseError, match=r"read-only|readonly"):
        tried()
    row.refresh_from_db()
    assert row.continue_path == "/"


def test_after_it_the_connection_writes_again(party: RelyingParty) -> None:
    one(party)
    with CaptureQueriesContext(connection) as asked:
        tried()
    verbs = {query["sql"].split()[0] for query in asked}
    assert verbs <= {"SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET", "PRAGMA", "BEGIN"}
    assert make_party(name="Written after it").pk


def test_a_block_that_fails_leaves_the_connection_able_to_write(party: RelyingParty) -> None:
    with pytest.raises(ZeroDivisionError), reading_alone():
        raise ZeroDivisionError
    assert make_party(name="Written after it").pk


def test_the_last_attempts_take_seconds_and_few_statements(tenant: Tenant, size: Size) -> None:
    count = size("attempts", sample=2_000, whole=LAST + 50)
    parties = [make_party(name=f"Party {each}") for each in range(20)]
    many(count, parties, [make_subject(name=f"Person {each}") for each in range(count // 20)])
    began = process_time()
    with CaptureQueriesContext(connection) as asked:
        run = tried({**STRICT, "handoff_digits": 0}, {parties[0].pk: {"floor_level": "L3"}})
    # Of this process alone: how long it waits for a busy machine says nothing.
    assert process_time() - began < 5 * run.looked_at / LAST
    assert run.looked_at == min(count, LAST)
    assert run.counts[Change.REFUSED] > run.looked_at / 5
    assert len(asked) <= 12
