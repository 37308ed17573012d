"""Dynamic OP: registering, by whom, and what comes back (RFC 7591)."""

import json
from typing import Any

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.clients.models import RelyingParty
from authsvc.core.remembered import forget_everything
from authsvc.oidc.models import InitialAccessToken
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.problems import OptionRefused
from authsvc.oidc.offering.provider import subject_identifier
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.tenancy.models import Tenant
from tests.provider.browser import CALLBACK, Browser, Partner, make_person
from tests.provider.dynamic.conftest import Registrar
from tests.provider.tokens import key_set, new_key


def partner_of(made: dict) -> Partner:
    return Partner(RelyingParty.objects.get(client_id=made["client_id"]), made.get("client_secret"))


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_it_is_off_until_the_tenant_turns_it_on(visitor: Browser) -> None:
    registrar = Registrar(visitor)
    assert registrar.register().status_code == 404
    document = f"{visitor.root}.well-known/openid-configuration"
    assert "registration_endpoint" not in visitor.http.get(document).json()
    set_options(dynamic_registration=True)
    forget_everything()
    assert visitor.http.get(document).json()["registration_endpoint"].endswith(f"{visitor.root}register")
    assert registrar.register().status_code == 201


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_who_registered_itself_signs_people_in(visitor: Browser, registrar: Registrar) -> None:
    answer = registrar.register(client_name="Ein Händler", contacts=["dev@partner.example"])
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    made = answer.json()
    assert made["client_secret_expires_at"] == 0
    assert made["client_name"] == "Ein Händler"
    assert made["redirect_uris"] == [CALLBACK]
    assert made["token_endpoint_auth_method"] == "client_secret_basic"
    assert made["id_token_signed_response_alg"] == "RS256"
    assert (made["grant_types"], made["response_types"]) == (["authorization_code"], ["code"])
    partner, person = partner_of(made), make_person()
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, person)
    asked = visitor.resume(txn)
    # It is a third party: the person is asked.
    assert "Ein Händler" in asked.content.decode()
    assert b'id="consent-yes"' in asked.content
    assert AuditEvent.objects.filter(tag="oidc:client:registered", client=made["client_id"]).count() == 1


@pytest.mark.requirement("OIDC-DYNAMIC-01")
@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_an_initial_access_token_nobody_registers(registrar: Registrar, token: str) -> None:
    refused = registrar.register(token=token)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert "Bearer" in refused["WWW-Authenticate"]
    assert RelyingParty.objects.count() == 0


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_an_initial_access_token_is_good_for_its_number_of_uses(registrar: Registrar) -> None:
    token = issue_initial_token(uses=2)
    assert registrar.register(token=token, redirect_uris=[]).status_code == 400
    assert [registrar.register(token=token).status_code for _ in range(3)] == [201, 201, 401]
    assert InitialAccessToken.objects.get().uses_left == 0


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_a_sandbox_may_let_everybody_in_and_a_live_tenant_never(registrar: Registrar, tenant: Tenant) -> None:
    set_options(open_registration=True)
    assert registrar.register(token="").status_code == 201
    set_options(open_registration=False)
    Tenant.objects.filter(pk=tenant.pk).update(kind=Tenant.Kind.LIVE)
    with pytest.raises(OptionRefused):
        set_options(open_registration=True)


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_keys_by_value_need_a_name_only_among_several(registrar: Registrar) -> None:
    alone, second = new_key("RS256", kid=""), new_key("RS256")
    unnamed = {"keys": [{n: v for n, v in alone.as_dict(private=False).items() if n != "kid"}]}
    method = {"token_endpoint_auth_method": "private_key_jwt"}
    made = registrar.register(jwks=unnamed, **method)
    assert made.status_code == 201
    assert "client_secret" not in made.json()
    both = {"keys": [*unnamed["keys"], *key_set(second)["keys"]]}
    assert registrar.register(jwks=both, **method).json()["error"] == "invalid_client_metadata"


BROWSERLESS: dict[str, Any] = {
    "redirect_uris": None,
    "grant_types": ["urn:openid:params:grant-type:ciba"],
    "response_types": [],
    "token_endpoint_auth_method": "private_key_jwt",
    "backchannel_token_delivery_mode": "poll",
}


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_who_only_starts_sign_ins_without_a_browser_has_no_redirect_uri(
    visitor: Browser, registrar: Registrar
) -> None:
    keys = key_set(new_key("PS256"))
    made = registrar.register(**BROWSERLESS, jwks=keys)
    assert made.status_code == 201, made.content
    said = made.json()
    assert said["grant_types"] == BROWSERLESS["grant_types"]
    assert said["response_types"] == []
    assert "redirect_uris" not in said
    # What the client keeps for itself gives nobody a way to be sent there.
    kept = registrar.call("PUT", said, redirect_uris=[CALLBACK])
    assert kept.status_code == 200, kept.content
    party = RelyingParty.objects.get(client_id=said["client_id"])
    assert party.redirect_uris == []
    query = {"client_id": party.client_id, "response_type": "code", "redirect_uri": CALLBACK}
    assert visitor.http.get(f"{visitor.root}authorize", query).status_code == 400
    # It shares its identifiers with nobody.
    other = registrar.register(**BROWSERLESS, jwks=keys).json()["client_id"]
    person = make_person()
    parties = (party, RelyingParty.objects.get(client_id=other))
    assert len({subject_identifier(one, person.pk) for one in parties}) == 2


@pytest.mark.requirement("OIDC-DYNAMIC-01")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"backchannel_token_delivery_mode": None}, "invalid_client_metadata"),
        ({"backchannel_token_delivery_mode": "push"}, "invalid_client_metadata"),
        ({"response_types": ["id_token"]}, "invalid_client_metadata"),
        ({"grant_types": [*BROWSERLESS["grant_types"], "authorization_code"]}, "invalid_redirect_uri"),
        ({"grant_types": None}, "invalid_redirect_uri"),
        ({"jwks": None}, "invalid_client_metadata"),
    ],
)
def test_what_such_a_client_still_needs(registrar: Registrar, changes: dict[str, Any], error: str) -> None:
    whole = {**BROWSERLESS, "jwks": key_set(new_key()), "response_types": None, **changes}
    refused = registrar.register(**whole)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


@pytest.mark.requirement("OIDC-DYNAMIC-01", "S9.4-03")
@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://partner.example/"}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"{CALLBACK}#part"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://partner.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [CALLBACK, CALLBACK]}, "invalid_redirect_uri"),
        ({"redirect_uris": [7]}, "invalid_redirect_uri"),
        ({"client_name": 7}, "invalid_client_metadata"),
        ({"client_name": "x" * 121}, "invalid_client_metadata"),
        ({"client_name": "a\x00b"}, "invalid_client_metadata"),
        ({"contacts": ["a\x00b"]}, "invalid_client_metadata"),
        ({"client_uri": "https://partner.example/" + "x" * 500}, "invalid_client_metadata"),
        ({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({"response_types": ["code id_token"]}, "invalid_client_metadata"),
        ({"application_type": "desktop"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"jwks": {"keys": []}}, "invalid_client_metadata"),
        ({"jwks": {}, "jwks_uri": "https://partner.example/jwks"}, "invalid_client_metadata"),
        ({"default_max_age": -1}, "invalid_client_metadata"),
        ({"default_max_age": True}, "invalid_client_metadata"),
        ({"subject_type": "ephemeral"}, "invalid_client_metadata"),
        ({"scope": "openid unheard-of"}, "invalid_client_metadata"),
        ({"id_token_encrypted_response_alg": "RSA-OAEP-256"}, "invalid_client_metadata"),
        (
            {"redirect_uris": [CALLBACK, "https://other.example/"], "subject_type": "pairwise"},
            "invalid_client_metadata",
        ),
    ],
)
def test_what_could_never_work_is_refused_and_explained(
    registrar: Registrar, metadata: dict, error: str
) -> None:
    refused = registrar.register(**metadata)
    assert refused.status_code == 400
    said = refused.json()
    assert said["error"] in {error, "invalid_client_metadata"}
    assert said["error"] == error or "redirect_uris" in said["error_description"]
    assert RelyingParty.objects.count() == 0


@pytest.mark.requirement("OIDC-DYNAMIC-01")
@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 20_000, '"x"', "9" * 70_000])
def test_a_body_that_is_no_metadata(registrar: Registrar, body: str) -> None:
    header = {"Authorization": f"Bearer {issue_initial_token()}"}
    assert registrar.post(body, **header).status_code == 400
    assert registrar.post(json.dumps({}), "text/plain", **header).status_code == 400


@pytest.mark.requirement("OIDC-DYNAMIC-01")
def test_members_that_are_not_known_are_left_alone(registrar: Registrar) -> None:
    others: dict[str, Any] = {"client_name#de": "Ich", "unheard_of": {"a": 1}, "first_party": True}
    made = registrar.register(**others)
    assert made.status_code == 201
    assert not {"client_name#de", "unheard_of", "first_party"} & made.json().keys()
    assert RelyingParty.objects.get().first_party is False


@pytest.mark.requirement("OIDC-DYNAMIC-08")
@pytest.mark.parametrize(
    ("member", "value", "accepted"),
    [
        ("id_token_signed_response_alg", "none", False),
        ("id_token_signed_response_alg", "HS256", False),
        ("id_token_signed_response_alg", "ES256", True),
        ("userinfo_signed_response_alg", "RS256", True),
        ("userinfo_signed_response_alg", "none", False),
        ("request_object_signing_alg", "none", True),
        ("request_object_signing_alg", "HS256", False),
        ("token_endpoint_auth_signing_alg", "none", False),
        ("token_endpoint_auth_signing_alg", "PS256", True),
        ("authorization_signed_response_alg", "none", False),
        ("id_token_encrypted_response_alg", "RSA1_5", False),
    ],
)
def test_algorithms(registrar: Registrar, member: str, value: str, accepted: bool) -> None:
    answer = registrar.register(**{member: value})
    assert answer.status_code == (201 if accepted else 400)
    if accepted:
        assert answer.json()[member] == value
