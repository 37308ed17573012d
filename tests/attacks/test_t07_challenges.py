"""T07: nobody chooses a challenge. One a try, each counted, answered no sooner than its cues take.

An attacker here has the person's passkey, or their unlocked page, and an answer to one challenge in advance.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics.types import Reason
from authsvc.capture.challenge import offer_challenge
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.oidc.ciba.waiting import Awaited
from authsvc.oidc.requests.wanted import Wanted
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.privacy.models import Need
from authsvc.privacy.needs import drop_need, keep_need
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sql import leave_role, take_role
from authsvc.transactions import drawing, services
from authsvc.transactions.models import AttemptCounter, Capture, Transaction
from authsvc.transactions.records import EnrolmentRequest
from tests.factories import make_tenant, offer_sample_key
from tests.unit.capture.agent import Agent, session_key
from tests.unit.capture.test_passkeys import refused
from tests.unit.transactions import flow

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.2-04", "S9.2-07")]
Kind = Transaction.Kind
FREE: Final = 5
"""Tries that fail before a person has to wait."""


@pytest.fixture
def agent() -> Iterator[Agent]:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        offer_sample_key()
        yield Agent(tenant)


@pytest.fixture
def holder(agent: Agent) -> tuple[Subject, Device]:
    """A person, and the passkey of theirs that the attacker has."""
    return flow.person()


def cues(answer: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(tuple(sorted(step.items())) for step in answer["steps"])


def failures(subject: Subject) -> int:
    counter = AttemptCounter.objects.filter(subject=subject).first()
    return counter.failures if counter else 0


def draw(row: Transaction) -> dict[str, Any] | str:
    """Ask for a challenge; return it, or the code of the refusal."""
    try:
        return offer_challenge(row)
    except Refused as refusal:
        return refusal.code


def age(row: Transaction, seconds: float) -> None:
    """Let time pass over the transaction's open challenge."""
    for capture in row.captures.filter(state=Capture.State.ISSUED):
        capture.issued_at -= timedelta(seconds=seconds)
        capture.expires_at -= timedelta(seconds=seconds)
        capture.save()


def answered(row: Transaction, outcome: str, **changes: Any) -> Capture:
    """Send a sample in time, on which a worker comes to this verdict."""
    age(row, 10)
    capture = services.accept_sample(row, b"sealed")
    services.record_verdict(capture.id, flow.verdict_on(capture, outcome, **changes))
    return capture


# ---- one challenge a try


def test_t07_asking_again_shows_the_same_challenge(agent: Agent) -> None:
    agent.enrolled()
    row = agent.proven()
    shown = [agent.post(row, "challenge").json() for _ in range(40)]
    assert len({(answer["nonce"], cues(answer)) for answer in shown}) == 1
    assert row.captures.count() == 1


def test_t07_loading_the_page_anew_shows_the_same_challenge(agent: Agent) -> None:
    agent.enrolled()
    row = agent.proven()
    before = agent.post(row, "challenge").json()
    agent.session_key = session_key()
    options = agent.options(row)
    assert agent.post(row, "challenge").status_code == 409
    assert agent.passkey(row, agent.answer(options)).status_code == 200
    after = agent.post(row, "challenge").json()
    assert (after["nonce"], after["steps"]) == (before["nonce"], before["steps"])


def leaves(row: Transaction) -> None:
    services.cancel(row)


def goes_without(row: Transaction) -> None:
    services.decline_face(row)


def waits(row: Transaction) -> None:
    age(row, 200)


def lets_it_expire(row: Transaction) -> None:
    Transaction.objects.filter(pk=row.pk).update(expires_at=now() - timedelta(seconds=1))
    assert services.own_transaction(row.pk, flow.BROWSER).state == Transaction.State.EXPIRED


WAYS_OUT: Final[dict[str, Callable[[Transaction], None]]] = {
    "leaves": leaves,
    "goes on without the face": goes_without,
    "lets the challenge run out": waits,
    "lets the attempt expire": lets_it_expire,
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_t07_another_attempt_for_each_draw_is_locked_after_five(
    holder: tuple[Subject, Device], way: str
) -> None:
    subject, device = holder
    answers = []
    for _ in range(FREE + 3):
        row = flow.proven(device)
        answers.append(draw(row))
        WAYS_OUT[way](row)
    assert [isinstance(answer, dict) for answer in answers] == [True] * FREE + [False] * 3
    assert set(answers[FREE:]) == {"locked"}
    assert failures(subject) == FREE
    assert AuditEvent.objects.filter(tag=Tag.CHALLENGE_UNANSWERED).count() == FREE


def test_t07_attempts_beside_each_other_share_the_tries(holder: tuple[Subject, Device]) -> None:
    subject, device = holder
    rows = [flow.proven(device) for _ in range(FREE + 3)]
    assert sum(isinstance(draw(row), dict) for row in rows) == FREE
    answered(rows[0], "refused")
    assert draw(rows[-1]) == "locked"
    for row in rows[1:]:
        services.cancel(row)
    assert failures(subject) == FREE


@pytest.mark.parametrize("kind", [Kind.AUTHENTICATE, Kind.BIND])
def test_t07_within_one_attempt_three_draws_are_all(holder: tuple[Subject, Device], kind: str) -> None:
    subject, device = holder
    row = flow.proven(device, kind=kind)
    for _ in range(3):
        assert isinstance(draw(row), dict)
        waits(row)
    assert draw(row) == "face-closed"
    assert failures(subject) == 3


def test_t07_an_approval_at_the_phone_counts_as_a_sign_in_does(holder: tuple[Subject, Device]) -> None:
    subject, device = holder
    asked = Awaited(Wanted(), "request", "words")
    for _ in range(FREE):
        row = flow.proven(device, request=asked)
        assert isinstance(draw(row), dict)
        services.cancel(row)
    assert draw(flow.proven(device, request=asked)) == "locked"
    assert failures(subject) == FREE


def test_t07_an_enrolment_link_shows_so_many_challenges_and_no_more(holder: tuple[Subject, Device]) -> None:
    subject, device = holder
    shown = 0
    for _ in range(20):
        row = flow.proven(device, kind=Kind.ENROL, subject=subject, request=EnrolmentRequest("link", True))
        shown += isinstance(draw(row), dict)
        services.cancel(row)
    assert isinstance(draw(flow.proven(device)), dict) is (shown < drawing.MOST_IN_A_WHILE)
    assert shown == drawing.MOST_IN_A_WHILE
    assert failures(subject) == 0, "what enrols anew must not be locked by what it mends"


def test_t07_poor_pictures_buy_no_more_challenges_than_an_hour_has(holder: tuple[Subject, Device]) -> None:
    subject, device = holder
    shown = 0
    for _ in range(4):
        row = flow.proven(device)
        while isinstance(draw(row), dict):
            shown += 1
            answered(row, "again", reason="quality-below-limit")
            row.refresh_from_db()
    assert shown == drawing.MOST_IN_A_WHILE
    assert failures(subject) == 0
    assert draw(flow.proven(device)) == "locked"
    Capture.objects.update(issued_at=now() - drawing.WHILE)
    assert isinstance(draw(flow.proven(device)), dict)


def test_t07_who_succeeds_may_go_on_all_day(holder: tuple[Subject, Device]) -> None:
    _, device = holder
    for _ in range(drawing.MOST_IN_A_WHILE + 2):
        row = flow.proven(device)
        assert isinstance(draw(row), dict)
        answered(row, "accepted")


@pytest.mark.requirement("S8.3-03")
@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_t07_draws_in_a_race_get_no_more_than_the_tries(size: Any) -> None:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        offer_sample_key()
        _, device = flow.person()
        rows = [flow.proven(device) for _ in range(size("draws", sample=30, whole=300))]

    def ask(row: Transaction) -> int:
        try:
            with tenant_scope(tenant.id):
                return isinstance(draw(row), dict)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(ask, rows)) == FREE


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["web", "provider", "portal"])
def test_t07_whoever_ends_an_attempt_may_count_its_challenge(role: str) -> None:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        offer_sample_key()
        subject, device = flow.person()
        assert isinstance(draw(flow.proven(device)), dict)
        take_role(connection, f"visor_{role}")
        try:
            assert services.end_running(subject) == 1
        finally:
            leave_role(connection)
        assert failures(subject) == 1


# ---- no sooner than its cues


def test_t07_an_answer_that_is_earlier_than_its_cues_is_refused(agent: Agent) -> None:
    agent.enrolled()
    row = agent.proven()
    challenge = agent.post(row, "challenge").json()
    takes = sum(step.get("least", step["ms"]) for step in challenge["steps"]) / 1000
    age(row, takes - 1)
    answer = agent.upload(row, early=True)
    refused(answer, 409, "early")
    assert answer.json()["retry_after"] == 1
    assert row.captures.get().state == Capture.State.ISSUED
    age(row, 1)
    assert agent.upload(row, early=True).status_code == 202


def test_t07_asking_again_does_not_begin_the_time_anew_nor_shorten_it(agent: Agent) -> None:
    agent.enrolled()
    row = agent.proven()
    agent.post(row, "challenge")
    before = row.captures.get().issued_at
    agent.post(row, "challenge")
    assert row.captures.get().issued_at == before
    refused(agent.upload(row, early=True), 409, "early")


# ---- not following


def test_t07_not_following_is_a_try(holder: tuple[Subject, Device]) -> None:
    subject, device = holder
    row = flow.proven(device)
    for number in range(1, 4):
        assert isinstance(draw(row), dict)
        answered(row, "again", reason=services.NOT_FOLLOWED, hint="follow")
        assert failures(subject) == number
        row.refresh_from_db()
    assert services.status_of(row) == {"state": "refused", "may_retry": False}
    assert draw(row) == "face-closed"


def test_t07_not_following_locks_as_every_failure_does(holder: tuple[Subject, Device]) -> None:
    _, device = holder
    for number in range(FREE):
        row = flow.proven(device)
        draw(row)
        answered(row, "again", reason=services.NOT_FOLLOWED, hint="follow")
        row.refresh_from_db()
        expected = {"state": "again", "hint": "follow"} if number < FREE - 1 else "locked"
        status = services.status_of(row)
        assert (status if number < FREE - 1 else status["state"]) == expected


def test_t07_the_workers_reason_is_the_one_that_is_counted() -> None:
    assert Reason.NON_RESPONSE == services.NOT_FOLLOWED


# ---- what is left out


@pytest.fixture
def lit(agent: Agent) -> None:
    """Light is part of the tenant's challenges."""
    document = {**DEFAULT, "challenge": {"L2": ["turn", "light"]}}
    publish_policy(document=document, published_by="a test")


def lights(answer: Any) -> bool:
    return any("colour" in step for step in answer["steps"])


@pytest.mark.parametrize("prefer", ["no-light", "dark", 1, {}])
def test_t07_a_session_chooses_nothing(agent: Agent, lit: None, prefer: Any) -> None:
    agent.enrolled()
    row = agent.proven()
    refused(agent.post(row, "challenge", {"prefer": prefer}), 400, "bad-preference")
    assert lights(agent.post(row, "challenge", {"prefer": None}).json())


def test_t07_a_stored_need_leaves_light_out_until_it_is_taken_back(agent: Agent, lit: None) -> None:
    subject = agent.enrolled()
    keep_need(subject, Need.Kind.NO_LIGHT, by_person=True, actor="a test")
    row = agent.proven()
    assert agent.get(row).json()["face"]["light"] is False
    body = agent.post(row, "challenge").json()
    assert (lights(body), body["warning"]) == (False, None)
    services.cancel(row)
    drop_need(subject, Need.Kind.NO_LIGHT, actor="a test")
    row = agent.proven()
    assert agent.get(row).json()["face"]["light"] is True
    assert lights(agent.post(row, "challenge").json())


def test_t07_a_need_that_comes_meanwhile_spares_the_person_and_counts_the_draw(
    agent: Agent, lit: None
) -> None:
    subject = agent.enrolled()
    row = agent.proven()
    assert lights(agent.post(row, "challenge").json())
    keep_need(subject, Need.Kind.NO_LIGHT, by_person=True, actor="a test")
    assert not lights(agent.post(row, "challenge").json())
    assert failures(subject) == 1


def test_t07_one_persons_need_is_not_anothers(agent: Agent, lit: None) -> None:
    keep_need(flow.person()[0], Need.Kind.NO_LIGHT, by_person=True, actor="a test")
    agent.enrolled()
    assert lights(agent.post(agent.proven(), "challenge").json())
