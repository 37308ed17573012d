"""Every endpoint under the issuer, with requests that nobody meant: plain ones, and signed nonsense."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import Key

from authsvc.oidc.callers.assertion import TYPE
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.proofs.jose import sign
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.models import Tenant
from tests.attacks import fuzzing
from tests.attacks.fuzzing import changed, check, enough, json_values, path_part, texts, tokens
from tests.provider.browser import Browser, Partner, make_partner, make_person
from tests.provider.tokens import key_set, new_key, signed

pytestmark = pytest.mark.django_db
HOME = ("partner.example",)
# Lists of words read better than lists of texts.
NAMES = """
acr_values client_assertion client_assertion_type client_id client_secret claims code code_challenge
code_challenge_method code_verifier display dpop_jkt grant_type id_token_hint login_hint logout_hint max_age
nonce pending post_logout_redirect_uri prompt redirect_uri refresh_token registration request request_uri
resource response_mode response_type scope state token token_type_hint ui_locales answer person outcome
cnf_jkt sandbox_outcome
""".split()  # noqa: SIM905
PLACES = """
.well-known/openid-configuration jwks authorize authorize/resume/{} authorize/consent sandbox/{}/ end-session
end-session/confirm token par introspect revoke register register/{} userinfo
liveness/sessions liveness/sessions/{} liveness/module/{}.js liveness/{}/
""".split()  # noqa: SIM905
HEADERS = "Authorization DPoP Origin Content-Type If-None-Match Accept-Language Client-Cert".split()  # noqa: SIM905
parameters = st.dictionaries(st.sampled_from(NAMES) | texts, texts | tokens(), max_size=6)
header_values = (texts | tokens() | texts.map("Bearer {}".format) | texts.map("Basic {}".format)).map(
    lambda value: value.encode("latin-1", "replace").decode("latin-1")
)
headers = st.dictionaries(st.sampled_from(HEADERS), header_values, max_size=2)


@pytest.fixture
def keyed(tenant: Tenant) -> tuple[Partner, Key]:
    """A relying party that signs, and its key; the tenant offers everything."""
    set_options(dynamic_registration=True, open_registration=True, sandbox_authenticator=True)
    key = new_key()
    return make_partner(token_endpoint_auth_method="private_key_jwt", jwks=key_set(key)), key


def as_header(value: str) -> str:
    """A header value that a server would let through."""
    return "".join(letter for letter in value if letter not in "\r\n\x00")


@enough
@given(
    place=st.sampled_from(PLACES),
    part=texts,
    method=st.sampled_from(["get", "post", "put", "delete", "options", "head"]),
    sent=parameters,
    extra=headers,
)
def test_nothing_breaks_any_endpoint(
    visitor: Browser, keyed: Any, place: str, part: str, method: str, sent: Any, extra: dict[str, str]
) -> None:
    path = visitor.root + place.format(path_part(part))
    found = {name: as_header(value) for name, value in extra.items()}
    content_type = found.pop("Content-Type", "application/x-www-form-urlencoded")
    if method in {"get", "head"}:
        check(getattr(visitor.http, method)(path, sent, headers=found), home=HOME)
        return
    if method == "post" and "urlencoded" in content_type:
        check(visitor.http.post(path, sent, headers=found), home=HOME)
        return
    body = json.dumps(sent)
    answer = getattr(visitor.http, method)(path, body, content_type=content_type, headers=found)
    check(answer, home=HOME)


@pytest.fixture
def member(visitor: Browser) -> tuple[Browser, Partner]:
    """A browser that is signed in, and where."""
    partner = make_partner()
    visitor.sign_in(partner, make_person())
    return visitor, partner


@enough
@given(data=st.data(), by_post=st.booleans(), signed_in=st.booleans())
def test_an_authentication_request_with_something_wrong(
    member: tuple[Browser, Partner], data: st.DataObject, by_post: bool, signed_in: bool
) -> None:
    visitor, partner = member
    if not signed_in:
        visitor = Browser(visitor.tenant)
    good = visitor.request(partner, prompt="none", claims="{}", max_age="10", id_token_hint="a.b.c")
    sent = data.draw(changed(good, texts | tokens() | json_values.map(json.dumps)))
    send = visitor.http.post if by_post else visitor.http.get
    check(send(f"{visitor.root}authorize", sent), home=HOME)


@enough
@given(data=st.data())
def test_signed_nonsense_in_a_request_object(
    visitor: Browser, keyed: tuple[Partner, Key], data: st.DataObject
) -> None:
    partner, key = keyed
    moment = int(time.time())
    good = {
        **visitor.request(partner),
        "iss": partner.party.client_id,
        "aud": issuer_of(visitor.tenant),
        "exp": moment + 60,
        "nbf": moment,
        "claims": {"id_token": {"acr": {"essential": True, "values": ["urn:visor:L2"]}}},
        "max_age": 5,
    }
    text = signed(data.draw(changed(good, json_values)), key, typ="oauth-authz-req+jwt")
    query = {"client_id": partner.party.client_id, "request": text}
    check(visitor.http.get(f"{visitor.root}authorize", query), home=HOME)


@enough
@given(data=st.data(), place=st.sampled_from(["token", "par", "introspect", "revoke", "liveness/sessions"]))
def test_signed_nonsense_in_an_assertion(
    visitor: Browser, keyed: tuple[Partner, Key], data: st.DataObject, place: str
) -> None:
    partner, key = keyed
    name, moment = partner.party.client_id, int(time.time())
    good = {
        "iss": name,
        "sub": name,
        "aud": issuer_of(visitor.tenant),
        "exp": moment + 60,
        "iat": moment,
        "jti": data.draw(texts),
    }
    sent = {
        "client_assertion": signed(data.draw(changed(good, json_values)), key),
        "client_assertion_type": TYPE,
        **data.draw(parameters),
    }
    check(visitor.http.post(visitor.root + place, sent), home=HOME)


@enough
@given(data=st.data(), place=st.sampled_from(["token", "par", "userinfo"]))
def test_signed_nonsense_in_a_dpop_proof(visitor: Browser, data: st.DataObject, place: str) -> None:
    partner, key = make_partner(), new_key()
    good = {
        "htm": "POST",
        "htu": issuer_of(visitor.tenant) + place,
        "iat": int(time.time()),
        "jti": data.draw(texts),
        "ath": "x",
        "nonce": "x",
    }
    jwk = data.draw(st.just(key.as_dict(private=False)) | changed(key.as_dict(private=False), json_values))
    proof = signed(data.draw(changed(good, json_values)), key, typ="dpop+jwt", jwk=jwk)
    sent = {"DPoP": proof, **(partner.basic() if place != "userinfo" else {"Authorization": "DPoP x"})}
    check(visitor.http.post(visitor.root + place, data.draw(parameters), headers=sent), home=HOME)


@enough
@given(data=st.data(), place=st.sampled_from(["authorize", "end-session"]))
def test_our_own_token_with_other_content_as_a_hint(
    visitor: Browser, data: st.DataObject, place: str
) -> None:
    partner = make_partner()
    good = {"iss": issuer_of(visitor.tenant), "sub": "s", "aud": partner.party.client_id, "sid": "x"}
    hint = sign(data.draw(changed(good, json_values)), algorithm="ES256")
    sent = visitor.request(partner, id_token_hint=hint, post_logout_redirect_uri=data.draw(texts))
    check(visitor.http.get(visitor.root + place, sent), home=HOME)


@enough
@given(data=st.data())
def test_registrations_that_make_no_sense(visitor: Browser, keyed: Any, data: st.DataObject) -> None:
    good = {
        "redirect_uris": ["https://partner.example/callback"],
        "client_name": "Partner",
        "jwks": key_set(new_key()),
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "openid",
        "default_max_age": 5,
        "default_acr_values": ["urn:visor:L2"],
        "logo_uri": "https://partner.example/logo.png",
        "sector_identifier_uri": "https://partner.example/sector",
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "ES256",
        "software_statement": "a.b.c",
        "contacts": ["a@b.example"],
        "subject_type": "pairwise",
        "require_auth_time": True,
    }
    sent = data.draw(changed(good, json_values))
    if sent.get("sector_identifier_uri") == good["sector_identifier_uri"]:
        del sent["sector_identifier_uri"]  # nothing is fetched here; test_hostile_addresses.py does
    answer = visitor.http.post(f"{visitor.root}register", json.dumps(sent), content_type="application/json")
    check(answer)
    if answer.status_code == 201:
        again = answer.json()
        authorize = visitor.http.get(
            f"{visitor.root}authorize", {"client_id": again["client_id"], "response_type": "code"}
        )
        check(authorize)


def test_the_checks_can_fail() -> None:
    class Answer:
        status_code, cookies = 200, ()
        headers = {"Content-Type": "text/html", "Location": "https://evil.example/"}
        content = f"<p>{fuzzing.MARKUP}</p>".encode()

    with pytest.raises(AssertionError):
        check(Answer())
    Answer.content = b""
    with pytest.raises(AssertionError, match=r"evil\.example"):
        check(Answer())
