"""C10: what a browser fetches before anybody asks for it uses nothing up."""

import pytest

from authsvc.transactions.models import Transaction
from tests.provider.browser import Browser, answer_of, make_partner, make_person

AHEAD = [
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Sec-Purpose": "prefetch;anonymous-client-ip"},
    {"Purpose": "Prefetch"},
    {"X-Moz": "prefetch"},
]


@pytest.mark.parametrize("headers", AHEAD, ids=str)
def test_c10_the_way_back_fetched_ahead_keeps_its_code(visitor: Browser, headers: dict[str, str]) -> None:
    partner, person = make_partner(), make_person()
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, person)
    ahead = visitor.http.get(f"{visitor.root}authorize/resume/{txn}", headers=headers)
    assert ahead.status_code == 503
    assert ahead["Cache-Control"] == "no-store"
    assert Transaction.objects.get(pk=txn).state == Transaction.State.DECIDED
    assert "code" in answer_of(visitor.resume(txn))


def test_c10_a_silent_sign_in_fetched_ahead_issues_no_code(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    visitor.sign_in(partner, person)
    request = visitor.request(partner, prompt="none")
    assert visitor.http.get(f"{visitor.root}authorize", request, headers=AHEAD[1]).status_code == 503
    assert "code" in answer_of(visitor.authorize(partner, prompt="none"))


def test_c10_what_is_asked_for_in_earnest_is_answered(visitor: Browser) -> None:
    partner = make_partner()
    request = visitor.request(partner)
    earnest = visitor.http.get(f"{visitor.root}authorize", request, headers={"Sec-Purpose": ""})
    assert earnest.status_code == 302
