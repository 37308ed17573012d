"""The sandbox authenticator: every outcome by a plain form, and nowhere but in a sandbox tenant."""

import pytest

from authsvc.oidc.models import Provider
from authsvc.oidc.options import OptionRefused, set_options
from authsvc.oidc.sandbox.checks import check_live_tenants
from authsvc.oidc.sandbox.outcomes import NotASandbox, Outcome, decide
from authsvc.oidc.sandbox.persons import test_persons as seeded_persons
from authsvc.tenancy.directory import forget_tenants
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.e2e.oidc.browser import Browser, answer_of, make_partner

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
    forget_tenants()
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
