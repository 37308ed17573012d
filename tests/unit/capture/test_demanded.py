"""A demanded face on the capture page: who cannot show one is told so, and has a way on."""

from datetime import timedelta

import pytest

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.oidc.requests.wanted import Wanted
from authsvc.transactions.models import Transaction
from tests.factories import make_party
from tests.unit.capture.agent import Agent

WAY = "Approve at any branch."


@pytest.fixture
def party(agent: Agent) -> RelyingParty:
    until = (now() + timedelta(days=30)).date().isoformat()
    return make_party(
        extra={"face": "required"}, justification={"dpia_until": until, "face_alternative": WAY}
    )


def test_who_has_no_face_is_told_before_the_relying_party_hears_of_it(
    agent: Agent, party: RelyingParty
) -> None:
    subject = agent.enrolled()
    type(subject).objects.update(reference="")
    row = agent.open(client=party)
    assert agent.get(row).json()["face"]["demanded"] is True
    assert agent.passkey(row).json() == {"next": "demanded"}
    row.refresh_from_db()
    assert row.state == Transaction.State.PROVEN
    done = agent.post(row, "without-face").json()
    assert done == {"next": "done", "continue_url": row.continue_path}


def test_who_has_one_chooses_as_ever(agent: Agent, party: RelyingParty) -> None:
    agent.enrolled()
    assert agent.passkey(agent.open(client=party)).json() == {"next": "choose"}


def test_a_request_demands_it_too(agent: Agent) -> None:
    row = agent.open(client=make_party(), request=Wanted(face=True))
    assert agent.get(row).json()["face"]["demanded"] is True


@pytest.mark.requirement("S5.3-01", "S10-01")
def test_the_page_says_what_is_offered_instead(agent: Agent, party: RelyingParty) -> None:
    row = agent.open(client=party)
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.id}/").content.decode()
    assert WAY in page
    assert '"demanded": true' in page
    assert "Your passkey alone is enough." not in page.split('data-screen="choice"')[1].split("</section>")[0]


def test_an_assessment_that_has_lapsed_demands_nothing(agent: Agent) -> None:
    lapsed = make_party(extra={"face": "required"}, justification={"dpia_until": "2020-01-01"})
    assert agent.get(agent.open(client=lapsed)).json()["face"]["demanded"] is False


def test_nothing_but_a_sign_in_demands_a_face(agent: Agent, party: RelyingParty) -> None:
    row = agent.open(Transaction.Kind.OWN_PAGE, client=party)
    assert agent.get(row).json()["face"]["demanded"] is False
