"""RP-initiated logout: at once for a signed hint, after a question otherwise, and never astray."""

from urllib.parse import parse_qs, urlsplit

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.oidc.models import Grant, Session
from tests.provider.browser import Browser, Partner, fields_of_form, make_partner, make_person
from tests.provider.tokens import forged, unsigned

AFTER = "https://partner.example/after"


@pytest.fixture
def partner(visitor: Browser) -> Partner:
    return make_partner(post_logout_redirect_uris=[AFTER, f"{AFTER}?kept=1"])


@pytest.fixture
def id_token(visitor: Browser, partner: Partner) -> str:
    return str(visitor.tokens(partner, make_person())["id_token"])


def sign_out(visitor: Browser, **query: str):
    return visitor.http.get(f"{visitor.root}end-session", query)


def reference_of(page) -> str:
    return page.content.decode().partition('id="reference">')[2].partition("<")[0]


def is_signed_in(visitor: Browser, partner: Partner) -> bool:
    return "code=" in visitor.authorize(partner, prompt="none")["Location"]


def answer(visitor: Browser, asked, said: str = "yes", status: int = 200):
    assert asked.status_code == status
    assert b'id="logout-form"' in asked.content
    body = {"pending": fields_of_form(asked.content)["pending"], "answer": said}
    return visitor.http.post(f"{visitor.root}end-session/confirm", body)


@pytest.mark.requirement("OIDC-LOGOUT-01")
def test_metadata(visitor: Browser) -> None:
    said = visitor.http.get(f"{visitor.root}.well-known/openid-configuration").json()
    assert urlsplit(said["end_session_endpoint"]).path == f"{visitor.root}end-session"


@pytest.mark.requirement("OIDC-LOGOUT-02")
@pytest.mark.parametrize("after", [AFTER, f"{AFTER}?kept=1"])
@pytest.mark.parametrize("state", ["", "state & more"])
def test_with_and_without_state(
    visitor: Browser, partner: Partner, id_token: str, after: str, state: str
) -> None:
    extra = {"state": state} if state else {}
    gone = sign_out(visitor, id_token_hint=id_token, post_logout_redirect_uri=after, **extra)
    assert gone.status_code == 302
    assert gone["Location"].startswith(after)
    assert parse_qs(urlsplit(gone["Location"]).query).get("state", [""]) == [state]
    assert not is_signed_in(visitor, partner)
    assert Session.objects.get().ended_at is not None
    assert Grant.objects.get().revoked_at is not None


@pytest.mark.requirement("OIDC-LOGOUT-02")
def test_by_post_from_the_partners_own_page(visitor: Browser, partner: Partner, id_token: str) -> None:
    body = {"id_token_hint": id_token, "post_logout_redirect_uri": AFTER}
    stranger = Browser(visitor.tenant)
    sent = stranger.http.post(f"{visitor.root}end-session", body)
    assert sent.status_code == 303
    assert visitor.http.get(sent["Location"])["Location"] == AFTER
    assert not is_signed_in(visitor, partner)


@pytest.mark.requirement("OIDC-LOGOUT-03")
@pytest.mark.parametrize(
    "uri",
    ["https://evil.example/", f"{AFTER}/", f"{AFTER}?added=1", "//evil.example", "javascript:alert(1)"],
)
def test_an_address_that_is_not_registered_is_never_followed(
    visitor: Browser, partner: Partner, id_token: str, uri: str
) -> None:
    refused = sign_out(visitor, id_token_hint=id_token, post_logout_redirect_uri=uri)
    assert refused.status_code == 400
    assert uri.encode() not in refused.content
    assert is_signed_in(visitor, partner)


@pytest.mark.requirement("OIDC-LOGOUT-03")
def test_an_address_needs_a_client_and_the_hints_client_counts(
    visitor: Browser, partner: Partner, id_token: str
) -> None:
    assert sign_out(visitor, post_logout_redirect_uri=AFTER).status_code == 400
    other = make_partner(name="Other").party.client_id
    mixed = {"id_token_hint": id_token, "client_id": other, "post_logout_redirect_uri": AFTER}
    assert sign_out(visitor, **mixed).status_code == 400
    assert sign_out(visitor, client_id="unknown").status_code == 400


class TestP06AMistakeOfTheSiteLeavesAPersonAWayOut:
    """Whatever a site got wrong, sign-out is offered, without a way back, under a reference."""

    MISTAKES = pytest.mark.parametrize(
        "wrong",
        [
            {"post_logout_redirect_uri": "https://partner.example/elsewhere"},
            {"client_id": "unknown"},
            {"client_id": "unknown", "id_token_hint": "mine"},
            {"id_token_hint": "nonsense"},
            {"state": ["one", "two"]},
        ],
    )

    @MISTAKES
    def test_sign_out_is_offered(
        self, visitor: Browser, partner: Partner, id_token: str, wrong: dict[str, str]
    ) -> None:
        query = {name: id_token if value == "mine" else value for name, value in wrong.items()}
        asked = sign_out(visitor, **{"post_logout_redirect_uri": AFTER, **query})
        assert b"You cannot sign in this way" not in asked.content
        assert b'id="reference"' in asked.content
        assert AuditEvent.objects.filter(transaction=reference_of(asked)).exists()
        assert is_signed_in(visitor, partner)
        gone = answer(visitor, asked, status=400)
        assert b"You are signed out" in gone.content
        assert AFTER.encode() not in gone.content
        assert not is_signed_in(visitor, partner)

    @MISTAKES
    def test_who_is_not_signed_in_is_told_so(self, visitor: Browser, wrong: dict[str, str]) -> None:
        told = sign_out(visitor, **{"post_logout_redirect_uri": AFTER, **wrong})
        assert told.status_code == 400
        assert b"You are signed out" in told.content
        assert b"You cannot sign in this way" not in told.content
        assert reference_of(told)


@pytest.mark.requirement("OIDC-LOGOUT-04")
@pytest.mark.parametrize("make", [forged, unsigned, lambda token: token[:-8], lambda _: "nonsense"])
def test_a_hint_of_another_signer_asks_and_leads_nowhere(
    visitor: Browser, partner: Partner, id_token: str, make
) -> None:
    client = partner.party.client_id
    asked = sign_out(visitor, id_token_hint=make(id_token), client_id=client, post_logout_redirect_uri=AFTER)
    assert is_signed_in(visitor, partner)
    gone = answer(visitor, asked, status=400)
    assert b"You are signed out" in gone.content
    assert not is_signed_in(visitor, partner)


@pytest.mark.requirement("OIDC-LOGOUT-04")
def test_a_missing_hint_asks_and_then_follows_the_registered_address(
    visitor: Browser, partner: Partner, id_token: str
) -> None:
    asked = sign_out(visitor, client_id=partner.party.client_id, post_logout_redirect_uri=AFTER, state="s")
    assert partner.party.name.encode() in asked.content
    assert answer(visitor, asked, "no").status_code == 200
    assert is_signed_in(visitor, partner)
    assert answer(visitor, asked)["Location"] == f"{AFTER}?state=s"
    assert not is_signed_in(visitor, partner)


@pytest.mark.requirement("OIDC-LOGOUT-04")
def test_another_persons_hint_asks(visitor: Browser, partner: Partner) -> None:
    elsewhere = Browser(visitor.tenant)
    theirs = elsewhere.tokens(partner, make_person(name="Other"))["id_token"]
    visitor.tokens(partner, make_person())
    asked = sign_out(visitor, id_token_hint=theirs, post_logout_redirect_uri=AFTER)
    assert b'id="logout-form"' in asked.content
    assert is_signed_in(visitor, partner)


@pytest.mark.requirement("OIDC-LOGOUT-05")
def test_without_parameters_it_asks_signs_out_and_says_so(visitor: Browser, partner: Partner) -> None:
    visitor.tokens(partner, make_person())
    gone = answer(visitor, sign_out(visitor))
    assert b"You are signed out" in gone.content
    assert b"You are signed out" in sign_out(visitor).content
    assert not is_signed_in(visitor, partner)


@pytest.mark.requirement("OIDC-LOGOUT-04")
def test_a_forged_or_foreign_answer_asks_again(visitor: Browser, partner: Partner, id_token: str) -> None:
    elsewhere = Browser(visitor.tenant)
    elsewhere.tokens(partner, make_person(name="Other"))
    theirs = fields_of_form(sign_out(elsewhere).content)["pending"]
    for pending in (theirs, "forged"):
        body = {"pending": pending, "answer": "yes"}
        asked = visitor.http.post(f"{visitor.root}end-session/confirm", body)
        assert b'id="logout-form"' in asked.content
    assert is_signed_in(visitor, partner)
