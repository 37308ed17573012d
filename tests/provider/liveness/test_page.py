"""The camera's page within a site's own, and the module: for pages of the relying party's origins alone."""

from typing import Any

import pytest

from authsvc.clients.models import RelyingParty
from authsvc.liveness.origins import origins_of
from authsvc.transactions.models import Transaction
from tests.provider.browser import Browser
from tests.provider.liveness.framed import Framed
from tests.provider.proofs import KeyHolder

SHOP = "https://shop.example"


def page(framed: Framed) -> Any:
    return framed.http.get(f"{framed.holder.visitor.root}liveness/{framed.id}/")


def ancestors(answer: Any) -> str:
    (found,) = [part for part in answer["Content-Security-Policy"].split("; ") if "frame-ancestors" in part]
    return found


def test_the_page_is_shown_within_pages_of_the_relying_party_alone(framed: Framed) -> None:
    framed.opened()
    answer = page(framed)
    assert answer.status_code == 200
    assert ancestors(answer) == f"frame-ancestors {SHOP}"
    assert "X-Frame-Options" not in answer
    assert "camera=(self)" in answer["Permissions-Policy"]
    assert not answer.cookies


def test_no_other_page_is_shown_within_anybodys(framed: Framed) -> None:
    framed.opened()
    root = framed.holder.visitor.root
    for path in (f"signin/{framed.id}/", "passkeys/", "liveness/unknown/"):
        answer = framed.http.get(f"{root}{path}")
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_the_page_says_who_asks_what_for_and_what_becomes_of_the_pictures(framed: Framed) -> None:
    RelyingParty.objects.update(purpose="To let people vote.")
    framed.opened()
    text = page(framed).content.decode()
    assert "Partner asks whether a living person is there" in text
    assert "To let people vote." in text
    assert "erased once they are checked" in text
    assert "I lost my devices" not in text
    assert "passkey" not in text.split('data-screen="welcome"')[1].split("</section>")[0]


def test_a_session_that_is_over_has_no_page(framed: Framed) -> None:
    framed.opened()
    framed.post("cancel", {})
    assert page(framed).status_code == 410


def test_a_sign_in_is_not_shown_as_a_session(framed: Framed, holder: KeyHolder) -> None:
    pushed = holder.push()
    holder.authorize(pushed.json()["request_uri"])
    framed.id = Transaction.objects.get(kind=Transaction.Kind.AUTHENTICATE).pk
    assert page(framed).status_code == 404


def module(visitor: Browser, client_id: str, origin: str) -> Any:
    return visitor.http.get(f"{visitor.root}liveness/module/{client_id}.js", headers={"origin": origin})


def test_the_module_is_for_pages_of_the_relying_party(visitor: Browser, holder: KeyHolder) -> None:
    answer = module(visitor, holder.name, SHOP)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert answer["Content-Type"].startswith("text/javascript")
    assert "Origin" in answer["Vary"]
    assert b"import " not in answer.content


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", f"{SHOP}.evil.example", "http://shop.example"]
)
def test_no_other_page_gets_the_module(visitor: Browser, holder: KeyHolder, origin: str) -> None:
    answer = module(visitor, holder.name, origin)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer


def test_the_module_of_a_client_without_the_scope_is_nowhere(visitor: Browser) -> None:
    without = KeyHolder(visitor, {"scopes": ["openid"], "redirect_uris": [f"{SHOP}/cb"]})
    assert module(visitor, without.name, SHOP).status_code == 404
    assert module(visitor, "nobody", SHOP).status_code == 404


@pytest.mark.parametrize(
    ("uris", "origins"),
    [
        (["https://shop.example/cb", "https://shop.example/other"], [SHOP]),
        (["https://shop.example:443/cb"], [SHOP]),
        (["https://Shop.Example/cb"], [SHOP]),
        (["http://127.0.0.1:8001/cb"], ["http://127.0.0.1:8001"]),
        (["https://shop.example:8443/cb"], [f"{SHOP}:8443"]),
        (["com.example.app:/cb", "http://[::1]:8001/cb"], []),
        (["https://münchen.example/cb"], ["https://xn--mnchen-3ya.example"]),
    ],
)
def test_origins_are_those_of_the_redirect_uris_as_browsers_write_them(
    uris: list[str], origins: list[str]
) -> None:
    assert origins_of(RelyingParty(redirect_uris=uris)) == origins
