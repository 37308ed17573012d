"""The agent's page is drawn once for all who see the same (docs/adr/0532)."""

import re

import pytest
from django.utils import translation

from authsvc.capture import screens
from authsvc.transactions.models import Transaction
from tests.factories import make_party
from tests.unit.capture.agent import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is drawn, by the page's way on."""
    said: list[str] = []
    draw = screens._draw

    def noted(shown: screens._Shown) -> str:
        said.append(shown.transaction.kind)
        return draw(shown)

    monkeypatch.setattr(screens, "_draw", noted)
    return said


def _page(agent: Agent, row: Transaction) -> str:
    answer = agent.client.get(f"/t/{agent.tenant.slug}/signin/{row.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_pages_of_two_attempts_differ_by_their_ids_alone(agent: Agent, drawn: list[str]) -> None:
    party = make_party()
    first, second = agent.open(client=party), agent.open(client=party)
    pages = [_page(agent, row) for row in (first, second)]
    assert drawn == ["authenticate"]
    for page, own, other in ((pages[0], first, second), (pages[1], second, first)):
        assert f'href="/done/{own.pk}"' in page
        assert other.pk not in page
        assert screens._STAND_IN not in page
    lasts = re.compile(r'"expires_in": \d+')
    same = [
        lasts.sub("", page).replace(row.pk, "ID") for page, row in zip(pages, (first, second), strict=True)
    ]
    assert same[0] == same[1]


def test_whoever_sees_something_else_has_it_drawn(agent: Agent, drawn: list[str]) -> None:
    party = make_party(name="One site")
    assert "One site" in _page(agent, agent.open(client=party))
    other = _page(agent, agent.open(client=make_party(name="Another site")))
    assert "Another site" in other
    assert "One site" not in other
    _page(agent, agent.open(Transaction.Kind.OWN_PAGE))
    party.purpose = "To be told"
    party.save()
    assert "To be told" in _page(agent, agent.open(client=party))
    assert drawn == ["authenticate", "authenticate", "own-page", "authenticate"]


def test_each_language_is_drawn(agent: Agent, drawn: list[str]) -> None:
    party = make_party()
    english, german = agent.open(client=party), agent.open(client=party)
    assert "Use my passkey" in _page(agent, english)
    agent.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    page = _page(agent, german)
    with translation.override("de"):
        assert translation.gettext("Use my passkey") in page
    assert len(drawn) == 2
