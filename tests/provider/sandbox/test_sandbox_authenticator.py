"""The sandbox authenticator: every outcome by a plain form, and nowhere but in a sandbox tenant."""

import json
import re

import pytest

from authsvc.audit.models import AuditEvent
from authsvc.core.remembered import forget_everything
from authsvc.oidc.models import Provider, PushedRequest
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.persons import test_persons as seeded_persons
from authsvc.oidc.offering.problems import OptionRefused
from authsvc.oidc.sandbox.checks import check_live_tenants
from authsvc.oidc.sandbox.outcomes import NotASandbox, Outcome, decide
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.provider.browser import Browser, answer_of, make_partner, make_person

ACR = "urn:visor:L2"


def choose(visitor: Browser, response, outcome: str, person: int = 0):
    """Fill in the form that the response leads to, and follow it to the relying party."""
    page = response["Location"]
    shown = visitor.http.get(page)
    assert shown.status_code == 200
    for name in ("sandbox-form", "sandbox-person", "sandbox-outcome", "sandbox-continue"):
        assert f'id="{name}"'.encode() in shown.content
    sent = visitor.http.post(page, {"person": str(seeded_persons()[person].id), "outcome": outcome})
    return answer_of(visitor.http.get(sent["Location"]))


@pytest.mark.requirement("SA-02")
@pytest.mark.parametrize(
    ("outcome", "acr"), [("accepted-l1", "urn:visor:L1"), ("accepted-l2", "urn:visor:L2")]
)
def test_accepted_at_a_level_with_every_claim(visitor: Browser, outcome: str, acr: str) -> None:
    set_options(sandbox_authenticator=True)
    partner = make_partner()
    response = visitor.authorize(partner, scope="openid profile email address phone")
    tokens = visitor.redeem(partner, choose(visitor, response, outcome)["code"]).json()
    assert visitor.claims(tokens["id_token"])["acr"] == acr
    said = visitor.userinfo(tokens["access_token"]).json()
    assert set(said) >= {
        "name",
        "email",
        "email_verified",
        "address",
        "phone_number",
        "birthdate",
        "updated_at",
    }


@pytest.mark.parametrize("outcome", ["refused", "timed-out", "consent-denied"])
def test_other_outcomes_are_access_denied(visitor: Browser, outcome: str) -> None:
    set_options(sandbox_authenticator=True)
    answer = choose(visitor, visitor.authorize(make_partner()), outcome)
    assert (answer["error"], answer["state"]) == ("access_denied", "state-1")


@pytest.mark.requirement("SA-02")
def test_a_live_tenant_never_has_it(visitor: Browser) -> None:
    partner = make_partner()
    set_options(sandbox_authenticator=True)
    page = visitor.authorize(partner)["Location"]
    person = seeded_persons()[0]
    Tenant.objects.filter(pk=visitor.tenant.pk).update(kind=Tenant.Kind.LIVE)
    visitor.tenant.refresh_from_db()
    forget_everything()
    assert visitor.http.get(page).status_code == 404
    with pytest.raises(NotASandbox):
        decide(Transaction.objects.get(), tenant=visitor.tenant, subject=person, outcome=Outcome.LEVEL_2)
    with pytest.raises(OptionRefused):
        set_options(sandbox_authenticator=True)
    assert "signin" in visitor.authorize(partner, prompt="login")["Location"]
    assert [message.id for message in check_live_tenants(databases=["default"])] == ["oidc.E001"]
    Provider.objects.update(sandbox_authenticator=False)
    assert check_live_tenants(databases=["default"]) == []


def test_another_browser_cannot_use_the_form(visitor: Browser) -> None:
    set_options(sandbox_authenticator=True)
    page = visitor.authorize(make_partner())["Location"]
    assert Browser(visitor.tenant).http.get(page).status_code == 403


def preselected(visitor: Browser, response) -> str:
    """The person with whom the form begins; a browser takes the first where none is marked."""
    page = visitor.http.get(response["Location"]).content.decode()
    options = re.findall(r'<option value="[^"]*"( selected)?>(Test Person \w+)</option>', page)
    return next((name for marked, name in options if marked), options[0][1])


@pytest.mark.requirement("OIDC-BASIC-08")
@pytest.mark.parametrize("hint", ["sandbox-2", "test-person-2@test.example", "test-person-2"])
def test_a_login_hint_preselects_a_test_person_and_decides_nothing(visitor: Browser, hint: str) -> None:
    set_options(sandbox_authenticator=True)
    partner = make_partner()
    response = visitor.authorize(partner, login_hint=hint)
    assert preselected(visitor, response) == "Test Person Two"
    tokens = visitor.redeem(partner, choose(visitor, response, "accepted-l2", person=2)["code"]).json()
    assert visitor.userinfo(tokens["access_token"]).status_code == 200
    assert Transaction.objects.get().subject == seeded_persons()[2]


def test_a_login_hint_of_nobody_changes_nothing(visitor: Browser) -> None:
    set_options(sandbox_authenticator=True)
    make_person(external_id="4711", claims={"email": "ada@example.com"})
    plain = preselected(visitor, visitor.authorize(make_partner()))
    for hint in ("nobody@example.com", "ada@example.com", "4711", "None", "sandbox-"):
        response = visitor.authorize(make_partner(), login_hint=hint)
        assert "?" not in response["Location"]
        assert preselected(visitor, response) == plain == "Test Person One"


def test_a_live_tenant_neither_uses_nor_keeps_a_login_hint(visitor: Browser) -> None:
    Tenant.objects.filter(pk=visitor.tenant.pk).update(kind=Tenant.Kind.LIVE)
    forget_everything()
    partner = make_partner(redirect_uris=["https://partner.example/callback"])
    make_person(claims={"email": "ada@example.com"})
    hinted = visitor.request(partner, login_hint="ada@example.com")
    pushed = visitor.http.post(f"{visitor.root}par", {**hinted, **visitor.pkce()}, headers=partner.basic())
    assert pushed.status_code == 201
    assert visitor.opened(visitor.http.get(f"{visitor.root}authorize", {**hinted, **visitor.pkce()}))
    twice = {**hinted, "login_hint": ["ada@example.com", "ada@example.com"]}
    assert visitor.http.get(f"{visitor.root}authorize", twice).status_code == 400
    kept = [row.parameters for row in PushedRequest.objects.all()]
    kept += [row.request for row in Transaction.objects.all()]
    kept += [row.details for row in AuditEvent.objects.all()]
    assert len(kept) > 3
    assert "ada@" not in json.dumps(kept)
