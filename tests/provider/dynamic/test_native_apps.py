"""P02: apps on the person's own device return to a loopback address at any port, or to their own scheme."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.redirection import is_among
from authsvc.oidc.offering.provider import subject_identifier
from authsvc.tenancy.models import Tenant
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.provider.dynamic.conftest import Registrar

NATIVE = {"application_type": "native", "token_endpoint_auth_method": "none"}
APP = ["http://127.0.0.1/callback", "http://[::1]/callback?a=1", "com.example.app:/oauth2redirect"]


@pytest.fixture(params=[Tenant.Kind.SANDBOX, Tenant.Kind.LIVE])
def kind(request: pytest.FixtureRequest, tenant: Tenant) -> str:
    tenant.kind = request.param
    tenant.save()
    return str(request.param)


@pytest.fixture
def app(kind: str, visitor: Browser) -> Partner:
    return make_partner(redirect_uris=APP, post_logout_redirect_uris=APP, **NATIVE)


def authorize(visitor: Browser, app: Partner, uri: str) -> Any:
    asked = {**visitor.request(app, redirect_uri=uri), **visitor.pkce()}
    return visitor.http.get(f"{visitor.root}authorize", asked)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:51004/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:8123/callback?a=1",
        "com.example.app:/oauth2redirect",
    ],
)
def test_p02_the_code_comes_back_to_where_the_app_listens(visitor: Browser, app: Partner, uri: str) -> None:
    txn = visitor.opened(authorize(visitor, app, uri))
    visitor.prove(txn, make_person())
    location = visitor.resume(txn)["Location"]
    assert location.startswith(f"{uri}{'&' if '?' in uri else '?'}code=")
    body = {
        "grant_type": "authorization_code",
        "client_id": app.party.client_id,
        "code": dict(pair.split("=") for pair in urlsplit(location).query.split("&"))["code"],
        "code_verifier": visitor.verifier,
    }
    elsewhere = {**body, "redirect_uri": "http://127.0.0.1:2/callback"}
    assert visitor.http.post(f"{visitor.root}token", elsewhere).json()["error"] == "invalid_grant"
    # The wrong try used the code up; another one is exchanged.
    again = answer_of(authorize(visitor, app, uri))["code"]
    answer = visitor.http.post(f"{visitor.root}token", {**body, "code": again, "redirect_uri": uri})
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/callback/",
        "http://127.0.0.1:51004/callback?x=1",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:\N{ARABIC-INDIC DIGIT THREE}/callback",
        "http://localhost:51004/callback",
        "http://127.0.0.2:51004/callback",
        "http://127.0.0.1.evil.example:51004/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://a@127.0.0.1:51004/callback",
        "https://127.0.0.1:51004/callback",
        "http://[::1]:8123/callback",
        "http://[0:0:0:0:0:0:0:1]:8123/callback?a=1",
        "http://[::1]:8123/callback?a=1#part",
        "com.example.app:/other",
        "com.example.app://oauth2redirect",
        "COM.example.app:/oauth2redirect",
    ],
)
def test_p02_nothing_but_the_port_is_left_open(visitor: Browser, app: Partner, uri: str) -> None:
    answer = authorize(visitor, app, uri)
    assert answer.status_code == 400
    assert "Location" not in answer


def test_p02_a_site_is_still_compared_letter_for_letter(visitor: Browser) -> None:
    site = make_partner(redirect_uris=["https://partner.example/callback"])
    local = make_partner(redirect_uris=["http://localhost:3000/callback"])
    for party, uri in (
        (site, "https://partner.example:444/callback"),
        (local, "http://localhost:3001/callback"),
    ):
        assert visitor.authorize(party, redirect_uri=uri).status_code == 400


@pytest.mark.parametrize(
    "uri",
    [
        *APP,
        "http://127.0.0.1:51004/",
        "com.example.app://callback",
        "com.Example.App:/cb",
        "com.googleusercontent.apps.123-abc:/oauth2redirect",
        "https://app.example/claimed",
    ],
)
def test_p02_what_an_app_may_register(kind: str, visitor: Browser, uri: str) -> None:
    assert make_partner(redirect_uris=[uri], **NATIVE).party.redirect_uris == [uri]


@pytest.mark.parametrize(
    "uri",
    [
        "myapp:/callback",
        "javascript:/alert(1)",
        "data:/text/html,x",
        "file:///etc/passwd",
        "com.example.app:callback",
        "com.example.app:",
        ".example:/cb",
        "com..app:/cb",
        "1com.example:/cb",
        "com.example.app:/cb#part",
        "com.example.app:/*",
        "com.exämple.app:/cb",
        "com.example.app:/a b",
        "http://app.example/callback",
        "http://10.0.0.1/callback",
        "http://127.0.0.1:99999/callback",
        "http://user@127.0.0.1/callback",
    ],
)
def test_p02_what_an_app_may_not_register(kind: str, visitor: Browser, uri: str) -> None:
    with pytest.raises(RegistrationProblems) as refused:
        make_partner(redirect_uris=[uri], **NATIVE)
    assert "redirect_uris" in refused.value.fields


@pytest.mark.parametrize("uri", ["com.example.app:/cb", "http://127.0.0.1/cb", "http://[::1]:80/cb"])
@pytest.mark.parametrize("fields", [{}, {"application_type": "web"}])
def test_p02_a_site_may_not(visitor: Browser, tenant: Tenant, uri: str, fields: dict[str, str]) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    with pytest.raises(RegistrationProblems):
        make_partner(redirect_uris=[uri], **fields)


def test_p02_addresses_of_servers_stay_https(kind: str, visitor: Browser) -> None:
    for field in ("jwks_uri", "backchannel_logout_uri", "logo_uri"):
        with pytest.raises(RegistrationProblems):
            make_partner(redirect_uris=APP, **NATIVE, **{field: "com.example.app:/x"})


def test_p02_an_app_registers_itself_and_is_told_so(registrar: Registrar) -> None:
    answer = registrar.register(redirect_uris=APP, client_name=None, subject_type="pairwise", **NATIVE)
    made = answer.json()
    assert (answer.status_code, made["application_type"], made["redirect_uris"]) == (201, "native", APP)
    kept = registrar.call("GET", made).json()
    assert (kept["application_type"], kept["subject_type"]) == ("native", "pairwise")
    changed = registrar.call("PUT", made, application_type="desktop")
    assert "application_type" in changed.json()["error_description"]
    assert registrar.call("PUT", made, application_type="web").json()["error"] == "invalid_redirect_uri"
    assert registrar.register().json()["application_type"] == "web"
    alone = registrar.register(redirect_uris=[APP[2]], client_name=None, **NATIVE).json()
    assert alone["client_name"] == "com.example.app"


def test_p02_apps_on_the_same_address_do_not_share_a_sector(visitor: Browser) -> None:
    person = make_person()
    parties = [make_partner(redirect_uris=APP[:2], **NATIVE).party for _ in range(2)]
    assert len({subject_identifier(party, person.id) for party in parties}) == 2
    mixed = make_partner(redirect_uris=[*APP, "https://app.example/claimed"], **NATIVE).party
    site = make_partner(redirect_uris=["https://app.example/callback"]).party
    assert subject_identifier(mixed, person.id) == subject_identifier(site, person.id)


def test_p02_signing_out_leads_back_to_the_app(visitor: Browser, app: Partner) -> None:
    asked = {"client_id": app.party.client_id, "post_logout_redirect_uri": "http://127.0.0.1:4711/callback"}
    left = visitor.http.get(f"{visitor.root}end-session", {**asked, "state": "s"})
    assert left["Location"] == "http://127.0.0.1:4711/callback?state=s"


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("http://127.0.0.1:51004/callback", "http://127.0.0.1:51004"),
        ("http://[::1]:8123/callback?a=1", "http:"),
        ("com.example.app:/oauth2redirect", "com.example.app:"),
    ],
)
def test_p02_the_consent_page_lets_its_form_lead_to_the_app(visitor: Browser, uri: str, source: str) -> None:
    app = make_partner(redirect_uris=APP, first_party=False, **NATIVE)
    txn = visitor.opened(authorize(visitor, app, uri))
    visitor.prove(txn, make_person())
    policy = visitor.resume(txn)["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert sorted(directives["form-action"].split()) == sorted(["'self'", source])


ports = st.integers(min_value=1, max_value=65535)
paths = st.sampled_from(["", "/", "/a", "/a/b", "/a?b=c", "?b", "/a:1", "/a?http://127.0.0.1:1/"])


@given(ports, st.none() | ports, paths, paths)
def test_p02_two_addresses_match_when_only_the_port_differs(
    asked: int, registered: int | None, path: str, other: str
) -> None:
    for host in ("127.0.0.1", "[::1]"):
        known = [f"http://{host}{f':{registered}' if registered else ''}{path}"]
        assert is_among(f"http://{host}:{asked}{path}", known)
        assert is_among(f"http://{host}:{asked}{other}", known) == (other == path)
        assert not is_among(f"http://{host}:{asked}x{path}", known)


def test_p02_the_kind_is_kept_without_a_column(app: Partner) -> None:
    assert RelyingParty.objects.get(pk=app.party.pk).extra == {"application_type": "native"}
