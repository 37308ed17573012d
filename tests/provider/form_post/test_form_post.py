"""Form Post OP: the basic plan runs in this mode too (basic/conftest.py); here is what the form is like."""

import pytest

from tests.provider.browser import CALLBACK, Browser, answer_of, make_partner, make_person


@pytest.mark.requirement("OIDC-FORMPOST-01")
def test_the_answer_is_a_form_that_posts_itself(visitor: Browser) -> None:
    partner = make_partner()
    txn = visitor.opened(visitor.authorize(partner, response_mode="form_post"))
    visitor.prove(txn, make_person())
    page = visitor.resume(txn)
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert f'method="post" action="{CALLBACK}"'.encode() in page.content
    assert "form-action 'self' https://partner.example" in page["Content-Security-Policy"]
    assert "script-src 'self'" in page["Content-Security-Policy"]
    answer = answer_of(page)
    assert set(answer) == {"code", "state", "iss"}
    assert visitor.redeem(partner, answer["code"]).status_code == 200


@pytest.mark.requirement("OIDC-FORMPOST-01")
def test_an_error_comes_by_the_form_too(visitor: Browser) -> None:
    page = visitor.authorize(make_partner(), response_mode="form_post", prompt="none", state='"><b>')
    assert b'"><b>' not in page.content
    assert answer_of(page)["error"] == "login_required"
    assert answer_of(page)["state"] == '"><b>'


@pytest.mark.requirement("OIDC-FORMPOST-01")
def test_an_unknown_mode_is_refused_by_redirect(visitor: Browser) -> None:
    refused = visitor.authorize(make_partner(), response_mode="carrier_pigeon")
    assert answer_of(refused)["error"] == "invalid_request"
