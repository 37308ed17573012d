"""Dynamic OP: keys, sectors and request objects behind addresses, and addresses that people see."""

import json
import time

import pytest

from authsvc.clients.models import RelyingParty
from authsvc.core.ids import new_id
from authsvc.core.remembered import forget_everything
from authsvc.oidc.callers.assertion import TYPE
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.models import Tenant
from tests.provider.browser import CALLBACK, Browser, Partner, answer_of, make_partner, make_person
from tests.provider.dynamic.conftest import Registrar
from tests.provider.receiver import Receiver
from tests.provider.tokens import key_set, new_key, signed, unsigned


def assertion(visitor: Browser, partner: Partner, key) -> dict[str, str]:
    name = partner.party.client_id
    claims = {"iss": name, "sub": name, "aud": issuer_of(visitor.tenant), "jti": new_id()}
    text = signed({**claims, "exp": time.time() + 60}, key)
    return {"client_assertion": text, "client_assertion_type": TYPE, "client_id": name}


@pytest.mark.requirement("OIDC-DYNAMIC-03")
def test_jwks_uri_and_its_rotation(visitor: Browser, receiver: Receiver) -> None:
    first, second = new_key(kid="first"), new_key(kid="second")
    receiver.body = json.dumps(key_set(first)).encode()
    partner = make_partner(
        token_endpoint_auth_method="private_key_jwt", jwks_uri=f"{receiver.url}/jwks", offline_access=True
    )
    code = visitor.sign_in(partner, make_person(), scope="openid offline_access")["code"]
    tokens = visitor.redeem(partner, code, **assertion(visitor, partner, first))
    assert tokens.status_code == 200
    receiver.body = json.dumps(key_set(second)).encode()
    body = {"grant_type": "refresh_token", "refresh_token": tokens.json()["refresh_token"]}
    again = visitor.http.post(f"{visitor.root}token", {**body, **assertion(visitor, partner, second)})
    assert again.status_code == 200
    assert len(receiver.arrived) == 2
    # A stranger's unknown kid does not make this server call again and again.
    for number in range(5):
        bad = assertion(visitor, partner, new_key(kid=f"unknown-{number}"))
        assert visitor.http.post(f"{visitor.root}token", {**body, **bad}).status_code == 401
    assert len(receiver.arrived) == 2


@pytest.mark.requirement("OIDC-DYNAMIC-03")
@pytest.mark.parametrize("body", [b"", b"[]", b'{"keys": 3}', b"[" * 50_000, b"{" + b" " * 300_000])
def test_a_jwks_uri_that_answers_nonsense_verifies_nothing(
    visitor: Browser, receiver: Receiver, body: bytes
) -> None:
    receiver.body = body
    partner = make_partner(token_endpoint_auth_method="private_key_jwt", jwks_uri=f"{receiver.url}/jwks")
    answer = visitor.http.post(f"{visitor.root}token", assertion(visitor, partner, new_key()))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.requirement("OIDC-DYNAMIC-04")
def test_logo_policy_and_terms_are_shown(visitor: Browser, registrar: Registrar) -> None:
    set_options(sandbox_authenticator=True)
    shown = {
        "logo_uri": "https://cdn.example/logo.png",
        "policy_uri": "https://partner.example/policy",
        "tos_uri": "https://partner.example/terms",
    }
    made = registrar.register(**shown).json()
    partner = Partner(RelyingParty.objects.get(), made["client_secret"])
    form = visitor.http.get(visitor.authorize(partner)["Location"])
    txn = form.context["txn"].id
    visitor.prove(txn, make_person())
    for page in (form, visitor.resume(txn)):
        assert page.status_code == 200
        for address in shown.values():
            assert address in page.content.decode()
        assert "img-src 'self' https://cdn.example" in page["Content-Security-Policy"]


@pytest.mark.requirement("OIDC-DYNAMIC-05")
def test_a_redirect_uri_with_a_query_is_kept_and_compared_whole(
    visitor: Browser, registrar: Registrar
) -> None:
    uri = f"{CALLBACK}?foo=b%20r&x"
    made = registrar.register(redirect_uris=[uri]).json()
    assert made["redirect_uris"] == [uri]
    partner = Partner(RelyingParty.objects.get(), made["client_secret"])
    for wrong in (CALLBACK, f"{CALLBACK}?foo=b%20r", f"{uri}&y=1", f"{CALLBACK}?x&foo=b%20r"):
        assert visitor.authorize(partner, redirect_uri=wrong).status_code == 400
    refused = visitor.authorize(partner, prompt="none")
    assert refused["Location"].startswith(f"{uri}&error=login_required")


@pytest.mark.requirement("OIDC-DYNAMIC-06")
def test_a_sector_identifier_joins_redirect_uris_of_several_hosts(
    visitor: Browser, registrar: Registrar, receiver: Receiver
) -> None:
    uris = [CALLBACK, "https://other.example/callback"]
    receiver.body = json.dumps([*uris, "https://third.example/"]).encode()
    sector = {"sector_identifier_uri": f"{receiver.url}/sector.json", "subject_type": "pairwise"}
    made = registrar.register(redirect_uris=uris, **sector)
    assert made.status_code == 201
    again = registrar.register(redirect_uris=["https://third.example/"], **sector)
    RelyingParty.objects.update(first_party=True)
    person = make_person()
    subs = set()
    for answer in (made, again):
        party = RelyingParty.objects.get(client_id=answer.json()["client_id"])
        partner = Partner(party, answer.json()["client_secret"])
        subs.add(visitor.claims(visitor.tokens(partner, person, prompt="login")["id_token"])["sub"])
    assert len(subs) == 1


@pytest.mark.requirement("OIDC-DYNAMIC-06")
def test_several_hosts_without_a_word_on_subjects_are_public_in_a_sandbox_only(
    registrar: Registrar, tenant: Tenant
) -> None:
    uris = [CALLBACK, "https://other.example/callback"]
    made = registrar.register(redirect_uris=uris)
    assert (made.status_code, made.json()["subject_type"]) == (201, "public")
    again = registrar.call("PUT", made.json(), subject_type=None)
    assert (again.status_code, again.json()["subject_type"]) == (200, "public")
    assert registrar.register(redirect_uris=uris, subject_type="pairwise").status_code == 400
    assert registrar.register().json()["subject_type"] == "pairwise"
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    forget_everything()
    assert registrar.register(redirect_uris=uris).status_code == 400


@pytest.mark.requirement("OIDC-DYNAMIC-06")
@pytest.mark.parametrize(
    ("status", "body", "location"),
    [
        (200, b'["https://elsewhere.example/"]', ""),
        (200, b'{"redirect_uris": []}', ""),
        (200, b"[" * 50_000, ""),
        (404, json.dumps([CALLBACK]).encode(), ""),
        (302, json.dumps([CALLBACK]).encode(), "https://partner.example/sector.json"),
    ],
)
def test_a_sector_that_does_not_vouch_is_refused(
    registrar: Registrar, receiver: Receiver, status: int, body: bytes, location: str
) -> None:
    receiver.status, receiver.body, receiver.location = status, body, location
    refused = registrar.register(sector_identifier_uri=f"{receiver.url}/sector.json")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.requirement("OIDC-DYNAMIC-06")
def test_a_stranger_without_a_token_makes_nothing_be_fetched(
    registrar: Registrar, receiver: Receiver
) -> None:
    refused = registrar.register(token="none", sector_identifier_uri=f"{receiver.url}/sector.json")
    assert refused.status_code == 401
    assert receiver.arrived == []


@pytest.mark.requirement("OIDC-DYNAMIC-06")
@pytest.mark.parametrize("uri", ["https://10.0.0.1/s", "https://169.254.169.254/latest", "https://[::1]:1/s"])
def test_an_internal_sector_address_is_not_called(registrar: Registrar, uri: str, settings) -> None:
    settings.ALLOW_LOOPBACK_FETCH = False
    assert registrar.register(sector_identifier_uri=uri).status_code == 400


@pytest.mark.requirement("OIDC-DYNAMIC-07")
@pytest.mark.parametrize("algorithm", ["none", "RS256", "ES256"])
def test_a_request_object_behind_a_registered_address(
    visitor: Browser, receiver: Receiver, algorithm: str
) -> None:
    key = new_key("RS256" if algorithm == "none" else algorithm)
    uri = f"{receiver.url}/request.jwt#part"
    partner = make_partner(jwks=key_set(key), request_uris=[uri])
    inside = {"iss": partner.party.client_id, "nonce": "within", "state": "inside"}
    made = signed(inside, key, algorithm="RS256" if algorithm == "none" else algorithm)
    receiver.body = (unsigned(made) if algorithm == "none" else made).encode()
    receiver.content_type = "application/oauth-authz-req+jwt"
    answer = visitor.sign_in(partner, make_person(), request_uri=uri)
    assert answer["state"] == "inside"
    claims = visitor.claims(visitor.redeem(partner, answer["code"]).json()["id_token"])
    assert claims["nonce"] == "within"
    assert [path for path, _ in receiver.arrived] == ["/request.jwt"]


@pytest.mark.requirement("OIDC-DYNAMIC-07")
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, b"", "invalid_request_uri"),
        (302, b"", "invalid_request_uri"),
        (200, b"\xff", "invalid_request_uri"),
        (200, b"x" * 70_000, "invalid_request_uri"),
        (200, b"no JWT", "invalid_request_object"),
    ],
)
def test_a_request_uri_that_cannot_be_used(
    visitor: Browser, receiver: Receiver, status: int, body: bytes, error: str
) -> None:
    receiver.status, receiver.body, receiver.location = status, body, f"{receiver.url}/elsewhere"
    partner = make_partner(request_uris=[f"{receiver.url}/request.jwt"])
    asked = visitor.authorize(partner, request_uri=f"{receiver.url}/request.jwt")
    assert answer_of(asked)["error"] == error
    assert len(receiver.arrived) == 1
    unregistered = visitor.authorize(partner, request_uri=f"{receiver.url}/other.jwt")
    assert answer_of(unregistered)["error"] == "invalid_request_uri"
    both = visitor.authorize(partner, request_uri=f"{receiver.url}/request.jwt", request="x")
    assert answer_of(both)["error"] == "invalid_request"
    assert len(receiver.arrived) == 1
