"""What the agent's page says where camera or browser do not play along, by what the person may do there."""

from authsvc.clients.scopes import LIVENESS
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import LivenessRequest
from tests.factories import make_party
from tests.unit.capture.agent import Agent

ALONE = "Here, your passkey alone is enough."


def test_a_sign_in_says_that_the_passkey_alone_is_enough(agent: Agent) -> None:
    row = agent.open()
    page = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.pk}/").content.decode()
    assert ALONE in page
    assert "Continue without my face" in page


def test_where_nothing_but_the_face_counts_no_passkey_is_spoken_of(agent: Agent) -> None:
    party = make_party(name="Shop", purpose="To let people vote.", scopes=["openid", LIVENESS])
    named = LivenessRequest("k" * 43)
    row = agent.open(Transaction.Kind.LIVENESS, client=party, continue_path="", request=named)
    page = agent.client.get(f"/t/{agent.tenant.slug}/liveness/{row.pk}/").content.decode()
    assert 'data-screen="no-camera-here"' in page
    assert ALONE not in page
    assert "Continue without my face" not in page
