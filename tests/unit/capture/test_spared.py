"""Who cannot turn the head: no challenge fits them, and the way without a face comes first (ADR 0380)."""

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture import flow
from authsvc.enrolment.services import create_link
from authsvc.privacy.models import ConsentReceipt, Need
from authsvc.privacy.needs import drop_need, keep_need
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
from tests.factories import make_party, make_subject
from tests.unit.capture.agent import Agent

pytestmark = pytest.mark.requirement("S5.3-02", "S10-08")


def spare(subject: Subject) -> None:
    keep_need(subject, Need.Kind.NO_TURN, by_person=True, actor="a test")


@pytest.fixture
def spared(agent: Agent) -> Subject:
    subject = agent.enrolled()
    spare(subject)
    return subject


def test_the_way_without_a_face_comes_first_until_the_need_is_taken_back(
    agent: Agent, spared: Subject
) -> None:
    assert agent.passkey(agent.open()).json() == {"next": "choose", "first": "passkey"}
    drop_need(spared, Need.Kind.NO_TURN, actor="a test")
    assert agent.passkey(agent.open()).json() == {"next": "choose"}


def test_one_persons_need_is_not_anothers(agent: Agent) -> None:
    spare(make_subject())
    agent.enrolled()
    assert agent.passkey(agent.open()).json() == {"next": "choose"}


def test_who_wants_the_face_all_the_same_has_it(agent: Agent, spared: Subject) -> None:
    row = agent.proven()
    steps = agent.post(row, "challenge", {"prefer": None}).json()["steps"]
    assert {step["cue"] for step in steps} & {"left", "right"}


def test_a_changed_notice_is_not_asked_about(agent: Agent, spared: Subject) -> None:
    ConsentReceipt.objects.update(notice_version="an older one")
    assert agent.passkey(agent.open()).json()["next"] == "done"
    assert not AuditEvent.objects.filter(tag=Tag.NOTICE_SHOWN).exists()


def test_nobody_asks_for_a_renewal(agent: Agent, spared: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "is_absent", lambda subject: True)
    assert agent.passkey(agent.open()).json()["next"] == "done"
    drop_need(spared, Need.Kind.NO_TURN, actor="a test")
    assert agent.passkey(agent.open()).json()["next"] == "renew"


def test_a_demanded_face_leads_to_what_is_offered_instead(agent: Agent, spared: Subject) -> None:
    party = make_party(
        extra={"face": "required"},
        justification={"dpia_until": "2999-01-01", "face_alternative": "Call the branch."},
    )
    row = agent.open(client=party)
    assert agent.passkey(row).json() == {"next": "choose", "first": "passkey"}
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.pk}/").content.decode()
    screen = page.split('data-screen="spared"')[1].split("</section>")[0]
    assert "You need not show yours." in screen
    assert screen.index("See what is offered instead") < screen.index("Use my face all the same")
    ConsentReceipt.objects.update(notice_version="an older one")
    assert agent.passkey(agent.open(client=party)).json() == {"next": "demanded"}


def test_an_enrolment_offers_the_passkey_alone_first(agent: Agent) -> None:
    subject = make_subject()
    _, url = create_link(subject=subject, created_by="a test")
    order = []
    for _ in range(2):
        page = agent.client.get(url).content.decode()
        order.append(page.index('value="passkey"') < page.index('value="face"'))
        assert "turn your head" not in page.split("<form")[1], "the link tells nobody of their health"
        spare(subject)
    assert order == [False, True]


def test_a_person_who_cannot_turn_learns_on_the_page_where_it_is_noted(agent: Agent) -> None:
    agent.enrolled()
    row = agent.proven()
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.pk}/").content.decode()
    assert f'href="/t/{agent.tenant.slug}/me/#needs"' in page.split('data-screen="without-turn"')[1]
    assert row.kind == Transaction.Kind.AUTHENTICATE
