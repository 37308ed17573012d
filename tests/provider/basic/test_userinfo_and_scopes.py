"""Basic OP: userinfo in its three ways, and what each scope brings."""

from uuid import UUID, uuid4

import pytest

from authsvc.audit.sequencing import sequence
from authsvc.oidc.offering.persons import seed_test_persons
from authsvc.oidc.tokens.claims import SCOPE_CLAIMS
from authsvc.oidc.tokens.stored import find_token
from authsvc.tenancy.scope import tenant_scope
from devtools.verify_log import check_receipt, read_key
from tests.factories import make_device, make_tenant
from tests.provider.browser import Browser, make_partner, make_person


@pytest.mark.requirement("OIDC-BASIC-04")
def test_userinfo_by_get_and_by_post(visitor: Browser) -> None:
    token = visitor.tokens(make_partner(), make_person())["access_token"]
    path, header = f"{visitor.root}userinfo", {"Authorization": f"Bearer {token}"}
    answers = [
        visitor.http.get(path, headers=header),
        visitor.http.post(path, headers=header),
        visitor.http.post(path, {"access_token": token}),
        visitor.http.get(path, headers={"Authorization": f"bEARER {token}"}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.requirement("OIDC-BASIC-04")
def test_userinfo_names_each_call(visitor: Browser) -> None:
    token = visitor.tokens(make_partner(), make_person())["access_token"]

    def named(**headers: str) -> str:
        whole = {"Authorization": f"Bearer {token}", **headers}
        return str(visitor.http.get(f"{visitor.root}userinfo", headers=whole)["x-fapi-interaction-id"])

    sent = str(uuid4())
    assert named(**{"x-fapi-interaction-id": sent}) == sent
    made = [named(), named(), named(**{"x-fapi-interaction-id": "no id"})]
    assert len({UUID(one) for one in made}) == 3
    assert named(Authorization="Bearer wrong")


@pytest.mark.requirement("OIDC-BASIC-04")
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic x", "DPoP wrong"])
def test_userinfo_without_a_good_token(visitor: Browser, header: str) -> None:
    answer = visitor.http.get(f"{visitor.root}userinfo", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "Bearer" in answer["WWW-Authenticate"]
    # A token in the address would end up in logs (RFC 9700 section 4.3.2).
    assert visitor.http.get(f"{visitor.root}userinfo?access_token=x").status_code == 401


@pytest.mark.requirement("S8.3-02")
def test_another_tenants_tokens_are_unknown(visitor: Browser) -> None:
    scopes = ["openid", "offline_access"]
    tokens = visitor.tokens(
        make_partner(offline_access=True, scopes=scopes), make_person(), scope=" ".join(scopes)
    )
    other = make_tenant()
    with tenant_scope(other.id):
        elsewhere, partner = Browser(other), make_partner()
        assert elsewhere.userinfo(tokens["access_token"]).status_code == 401
        assert elsewhere.refresh(partner, tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert find_token(tokens["access_token"]) is None
    assert visitor.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.requirement("OIDC-BASIC-06")
@pytest.mark.parametrize("scope", ["profile", "email", "address", "phone", "profile email address phone"])
def test_each_scope_brings_its_claims(visitor: Browser, scope: str) -> None:
    person = seed_test_persons()[0]
    make_device(person)
    tokens = visitor.tokens(make_partner(), person, scope=f"openid {scope}")
    said = visitor.userinfo(tokens["access_token"]).json()
    wanted = {name for one in scope.split() for name in SCOPE_CLAIMS[one]}
    assert set(said) == wanted | {"sub"}


@pytest.mark.requirement("OIDC-BASIC-06")
def test_scopes_that_are_not_registered_are_left_out_and_named(visitor: Browser) -> None:
    partner = make_partner(scopes=["openid", "email"])
    tokens = visitor.tokens(partner, make_person(), scope="openid profile email unknown")
    assert tokens["scope"] == "openid email"
    assert "name" not in visitor.userinfo(tokens["access_token"]).json()


def test_what_is_stored_about_a_person_never_overrides_the_protocol(visitor: Browser) -> None:
    person = make_person(claims={"sub": "forged", "iss": "forged", "acr": "forged", "email": "a@b.example"})
    tokens = visitor.tokens(make_partner(), person, scope="openid email")
    said = visitor.userinfo(tokens["access_token"]).json()
    claims = visitor.claims(tokens["id_token"])
    assert "forged" not in {*said.values(), claims["iss"], claims["sub"], claims["acr"]}


@pytest.mark.requirement("S10-09")
def test_two_sectors_know_a_person_by_different_names(visitor: Browser) -> None:
    person = make_person()
    partners = [
        make_partner(),
        make_partner(redirect_uris=["https://partner.example/other"]),
        make_partner(redirect_uris=["https://elsewhere.example/"]),
        make_partner(subject_type="public"),
    ]
    subs = [
        visitor.claims(visitor.tokens(partner, person, prompt="login")["id_token"])["sub"]
        for partner in partners
    ]
    assert subs[0] == subs[1]
    assert len(set(subs)) == 3


@pytest.mark.requirement("S9.4-12")
def test_a_relying_party_gets_the_receipt_of_its_sign_in_and_of_no_other(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    token = visitor.tokens(partner, person)["access_token"]
    path, header = f"{visitor.root}receipt", {"Authorization": f"Bearer {token}"}
    soon = visitor.http.get(path, headers=header)
    assert (soon.status_code, soon["Retry-After"]) == (503, "2")
    sequence()
    said = visitor.http.get(path, headers=header).json()
    event = check_receipt(said, read_key(said["key"]))
    assert (event["tag"], event["client"]) == ("oidc:code:issued", partner.party.client_id)
    assert event["subject"] == str(person.pk)
    assert visitor.http.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
