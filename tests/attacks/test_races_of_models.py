"""Many at once, by model: one upload counts, one has what was left, and one enrolment takes effect."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import releasing
from authsvc.capture import agent_api
from authsvc.core.errors import Refused
from authsvc.policy.services import publish_models
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.models import Capture, Outgoing, Transaction
from authsvc.vault.models import Reference
from devtools.phone import sealing
from tests import models
from tests.attacks.together import together
from tests.factories import make_subject, offer_sample_key
from tests.unit.capture.agent import JSON, Agent
from tests.unit.enrolment import test_presence as presence
from tests.unit.enrolment.test_compared_on_phone import Comparing, measured
from tests.unit.enrolment.test_phone_keeps import Phone, begun, enrolled, signing_in
from tests.unit.transactions import flow

pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("S8.3-03", "S6.3-01"),
    pytest.mark.modes("race"),
]
Act = Callable[[Client], Any]


@pytest.fixture
def phone(shared: Tenant, letter: str) -> Phone:
    """A phone at a tenant that other threads see, whose new faces are kept by the model."""
    offer_sample_key()
    publish_models(models=[letter], justification="For the tests.", published_by="a test")
    agent = Agent(shared)
    if letter in models.COMPARED_BY_PHONES:
        agent.receiver = sealing.new_session_key()
    return Phone(agent)


@pytest.fixture
def at_once(tries: int, phone: Phone) -> Callable[[Act], list[Any]]:
    """Do the same from so many threads together, each with the cookies of the phone's browser."""

    def run(act: Act) -> list[Any]:
        cookies = {name: each.value for name, each in phone.agent.client.cookies.items()}

        def one() -> Any:
            client = Client()
            client.cookies.load(cookies)
            return act(client)

        return together(tries, one)

    return run


def newcomer() -> Subject:
    return make_subject(reference="", reference_version=0, status=Subject.Status.INVITED)


@pytest.mark.parametrize("letter", models.each())
def test_what_was_left_is_had_once_and_one_enrolment_takes_effect(
    tries: int, phone: Phone, at_once: Callable[[Act], list[Any]], letter: str
) -> None:
    subject = newcomer()
    attempt, headers = begun(phone, subject), {"origin": phone.agent.origin}
    phone.judged(attempt)
    url = phone.agent.url(attempt, "outgoing")
    answers = at_once(lambda own: own.post(url, {}, content_type=JSON, headers=headers))
    if letter in models.KEPT_BY_PHONES:
        assert sorted(each.status_code for each in answers) == [200] + [409] * (tries - 1)
    else:
        assert {each.status_code for each in answers} == {403}
        assert AuditEvent.objects.filter(tag=Tag.FLOW_REFUSED).count() == tries
    assert not Outgoing.objects.exists()
    pages = at_once(lambda own: own.get(attempt.continue_path))
    assert {each.status_code for each in pages} <= {200, 403, 409}
    subject.refresh_from_db()
    assert (subject.has_face, subject.reference_version) == (True, 1)
    assert Reference.objects.filter(status="active").count() == 1
    assert AuditEvent.objects.filter(tag=Tag.TRANSACTION_CONSUMED, transaction=attempt.pk).count() == 1


@pytest.mark.requirement("S6.3-03", "S8.4-02")
@pytest.mark.parametrize("letter", models.each(models.COMPARED_BY_PHONES))
def test_what_was_sent_to_be_compared_is_had_once(
    monkeypatch: pytest.MonkeyPatch, phone: Phone, at_once: Callable[[Act], list[Any]], letter: str
) -> None:
    monkeypatch.setattr(releasing, "thresholds_for", measured)
    sent_to = Comparing(phone.agent)
    enrolled(sent_to)
    attempt, headers = signing_in(sent_to), {"origin": phone.agent.origin}
    sent_to.asked(attempt)
    sent_to.judge(attempt)
    url = phone.agent.url(attempt, "outgoing")
    answers = at_once(lambda own: own.post(url, {}, content_type=JSON, headers=headers))
    assert sorted(each.status_code for each in answers) == [200] + [409] * (len(answers) - 1)
    assert not Outgoing.objects.exists()


@pytest.mark.parametrize("letter", models.each())
def test_one_upload_counts(
    monkeypatch: pytest.MonkeyPatch, phone: Phone, at_once: Callable[[Act], list[Any]], letter: str
) -> None:
    monkeypatch.setattr(agent_api, "enqueue_verification", lambda **_: None)
    attempt, headers = begun(phone, newcomer()), {"origin": phone.agent.origin}
    services.issue_capture(attempt, challenge=flow.CHALLENGE)
    url = phone.agent.url(attempt, "sample")
    answers = at_once(lambda own: own.post(url, b"sealed", content_type="application/jose", headers=headers))
    assert sum(each.status_code < 300 for each in answers) == 1, [each.status_code for each in answers]
    assert all(each.status_code < 500 for each in answers)
    assert Capture.objects.get(transaction=attempt).state == Capture.State.SUBMITTED
    assert attempt.kind == Transaction.Kind.ENROL


@pytest.mark.parametrize("letter", models.each(models.KEEPING_NOTHING))
def test_where_nothing_is_kept_one_enrolment_one_upload_and_one_sign_in_count(
    monkeypatch: pytest.MonkeyPatch, phone: Phone, at_once: Callable[[Act], list[Any]], letter: str
) -> None:
    monkeypatch.setattr(agent_api, "enqueue_verification", lambda **_: None)
    agent, headers = phone.agent, {"origin": phone.agent.origin}
    enrolment = presence.begun(agent, newcomer())
    assert agent.passkey(enrolment).json()["next"] == "done"
    pages = at_once(lambda own: own.get(enrolment.continue_path))
    assert {each.status_code for each in pages} == {200}
    assert AuditEvent.objects.filter(tag=Tag.TRANSACTION_CONSUMED, transaction=enrolment.pk).count() == 1

    asked = presence.demanding(agent)
    services.issue_capture(asked, challenge=flow.CHALLENGE)
    url = agent.url(asked, "sample")
    answers = at_once(lambda own: own.post(url, b"sealed", content_type="application/jose", headers=headers))
    assert sum(each.status_code < 300 for each in answers) == 1, [each.status_code for each in answers]
    assert all(each.status_code < 500 for each in answers)

    shown = presence.demanding(agent)
    assert presence.seen(shown).state == Capture.State.ACCEPTED
    key = presence.key_of(agent, shown)

    def goes_on(_: Client) -> bool:
        with tenant_scope(agent.tenant.id):
            try:
                return bool(services.consume(shown.pk, key, at=shown.continue_path))
            except Refused:
                return False

    assert sum(at_once(goes_on)) == 1
    assert AuditEvent.objects.filter(tag=Tag.TRANSACTION_CONSUMED, transaction=shown.pk).count() == 1
