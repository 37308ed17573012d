"""S9.4-01: administrators come from their organisation's own provider, into that organisation alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.test import Client
from joserfc.jwk import OctKey

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.fetch import Fetched
from authsvc.core.remembered import forget_everything
from authsvc.management import single_sign_on, team
from authsvc.management.actors import System
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.memberships.models import Identity, Membership, SingleSignOn
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from config.rewrapping import second_factors
from portal.accounts.models import AdministratorSession, User
from tests.factories import make_tenant
from tests.outside import ACR, CLIENT, SECRET, Outside, outside
from tests.provider.browser import Browser, make_partner, make_person
from tests.provider.tokens import forged, new_key, signed, unsigned
from tests.tenancy.people import PASSWORD, make_user, signed_in
from tests.unit.portal.app import code_of
from tests.unit.portal.test_stepping_up import let_pass

pytestmark = pytest.mark.requirement("S9.4-01")
BY = System("a test")
ROLES = [["visor-owners", "owner"], ["visor-admins", "admin"], ["visor-auditors", "auditor"]]


def set_up(provider: Outside, **changes: Any) -> SingleSignOn:
    """Let the team of the tenant in scope sign in at the provider."""
    given = {
        "name": "Northwind ID",
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "scopes": "openid profile email groups",
        "role_claim": "groups",
        "roles": ROLES,
        "acr_values": [ACR],
        "just_in_time": True,
        "password_stays": True,
        "enabled": True,
    }
    row = single_sign_on.configure(by=BY, **{**given, **changes})
    single_sign_on.set_secret(by=BY, secret=SECRET)
    return row


@dataclass
class Comer:
    """A browser on its way to the provider and back."""

    tenant: Tenant
    provider: Outside
    http: Client

    @property
    def root(self) -> str:
        return f"/account/sso/{self.tenant.slug}/"

    def begin(self, query: str = "") -> dict[str, str]:
        """Go to the provider; what it is asked."""
        answer = self.http.get(f"{self.root}{query}")
        assert answer.status_code == 302, answer.content[:600]
        assert answer["Location"].startswith(f"{self.provider.issuer}/authorize?")
        return dict(parse_qsl(urlsplit(answer["Location"]).query))

    def back(self, address: str) -> Any:
        """Follow the provider's redirect."""
        assert address.startswith(settings.BASE_URL)
        return self.http.get(address.removeprefix(settings.BASE_URL))

    def come(self, query: str = "") -> Any:
        """Go, sign in there, and come back."""
        return self.back(self.provider.answer(self.begin(query)))

    def enters(self, tenant: Tenant | None = None) -> bool:
        """Whether the portal of a tenant opens."""
        return bool(self.http.get(f"/portal/{(tenant or self.tenant).slug}/").status_code == 200)


@pytest.fixture(scope="module")
def served() -> Iterator[Outside]:
    with outside() as provider:
        yield provider


@pytest.fixture
def provider(served: Outside) -> Outside:
    """The organisation's own provider, as honest as it is at first."""
    served.__init__(issuer=served.issuer, key=served.key)  # type: ignore[misc]
    return served


@pytest.fixture
def comer(tenant: Tenant, provider: Outside) -> Comer:
    """Somebody whom the provider knows, and nobody here."""
    set_up(provider)
    return Comer(tenant, provider, Client())


def refusals() -> list[str]:
    rows = AuditEvent.objects.filter(tag=Tag.ADMIN_SIGN_IN_FAILED).order_by("at")
    return [f"{row.reason}: {row.details['why']}" for row in rows]


def assert_refused(answer: Any, reason: str, *, status: int = 403) -> None:
    assert answer.status_code == status, answer.content[:300]
    assert "Nobody was signed in" in answer.content.decode()
    assert reason in refusals()[-1]
    assert not Identity.objects.filter(gives_membership=True).exists()


# --- what it is for


def test_somebody_comes_in_by_the_provider_and_is_asked_as_was_set(comer: Comer) -> None:
    answer = comer.come(f"?next=/portal/{comer.tenant.slug}/team/")
    assert answer["Location"] == f"/portal/{comer.tenant.slug}/team/"
    asked = comer.provider.asked
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert (asked["acr_values"], asked["max_age"], asked["client_id"]) == (ACR, "43200", CLIENT)
    assert asked["scope"].split()[0] == "openid"
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    assert comer.enters()
    identity = Identity.objects.get()
    assert (identity.sub, identity.gives_membership) == ("ada-7", True)
    assert (identity.user.name, identity.user.has_usable_password()) == ("Ada Lovelace", False)
    assert identity.user.memberships.get().role == Role.ADMIN
    came = AuditEvent.objects.get(tag=Tag.ADMIN_CAME_BY_PROVIDER)
    assert came.details["sub"] == "ada-7"


def test_the_button_stands_at_the_sign_in_on_the_way_to_the_organisation(
    comer: Comer, client: Client
) -> None:
    base = f"/portal/{comer.tenant.slug}/people/"
    page = client.get(client.get(base)["Location"]).content.decode()
    link = re.search(r'href="(/account/sso/[^"]+)"', page)
    assert link is not None
    assert "Sign in with Northwind ID" in page
    assert parse_qsl(urlsplit(link[1]).query) == [("next", base)]
    assert "Northwind ID" not in client.get("/account/login/").content.decode()
    other = make_tenant()
    assert "Northwind ID" not in client.get(f"/account/login/?next=/portal/{other.slug}/").content.decode()
    assert client.get(f"/account/sso/{other.slug}/").status_code == 404


def test_a_role_follows_the_claim_and_ends_with_it(comer: Comer) -> None:
    comer.come()
    user = Identity.objects.get().user
    comer.provider.person["groups"] = ["visor-auditors", "other"]
    comer.come()
    assert user.memberships.get().role == Role.AUDITOR
    comer.provider.person["groups"] = "visor-owners"
    comer.come()
    assert user.memberships.get().role == Role.OWNER
    comer.provider.person["groups"] = ["other"]
    assert AdministratorSession.objects.filter(user=user).exists()
    answer = comer.come()
    assert answer.status_code == 403
    assert "gives you no role here" in answer.content.decode()
    assert not user.memberships.exists()
    assert not AdministratorSession.objects.filter(user=user).exists()
    assert not comer.enters()
    assert [row.details["role"] for row in AuditEvent.objects.filter(tag=Tag.ADMIN_ROLE_CHANGED)] == [
        "auditor",
        "owner",
    ]
    assert AuditEvent.objects.get(tag=Tag.ADMIN_REMOVED).details["role"] == "owner"
    comer.provider.person["groups"] = ["visor-admins"]
    comer.come()
    assert user.memberships.get().role == Role.ADMIN
    assert User.objects.count() == 1


@pytest.mark.parametrize("said", [True, 1, None, {"visor-admins": 1}, ["visor-Admins"], []])
def test_only_the_very_text_gives_a_role(comer: Comer, said: object) -> None:
    comer.provider.person["groups"] = said
    assert_refused(comer.come(), "no-role")


def test_without_just_in_time_nobody_unknown_comes_in(comer: Comer) -> None:
    set_up(comer.provider, just_in_time=False)
    assert_refused(comer.come(), "linked to nobody")
    assert not User.objects.exists()


def test_a_disabled_member_is_not_let_in_again_by_the_provider(comer: Comer) -> None:
    comer.come()
    row = Membership.objects.get()
    team.disable(by=BY, membership=row)
    assert comer.come().status_code == 403
    comer.provider.person["groups"] = []
    comer.come()
    comer.provider.person["groups"] = ["visor-admins"]
    assert comer.come().status_code == 403
    assert Membership.objects.get(pk=row.pk).disabled_at is not None


def test_a_secret_goes_into_the_body_where_the_provider_takes_it_there_alone(comer: Comer) -> None:
    comer.provider.only_post = True
    comer.come()
    assert comer.enters()


def test_without_a_required_acr_the_portal_asks_for_its_own_factor(
    comer: Comer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(comer.provider, acr_values=[])
    comer.provider.acr = ""
    assert comer.come()["Location"] == f"/portal/{comer.tenant.slug}/"
    assert comer.http.get(f"/portal/{comer.tenant.slug}/")["Location"] == "/account/second-factor/"
    key = generate_totp_secret()
    TOTP.activate(Identity.objects.get().user, key)
    again = Comer(comer.tenant, comer.provider, Client())
    assert again.come()["Location"] == "/account/2fa/authenticate/"
    assert not again.enters()
    again.http.post("/account/2fa/authenticate/", {"code": code_of(key)})
    assert again.enters()


def test_a_stale_proof_is_given_anew_at_the_provider_in_another_tab(comer: Comer) -> None:
    comer.provider.person["groups"] = ["visor-owners"]
    comer.come()
    session = comer.http.session
    session["account_authentication_methods"][0]["auth_time"] -= 400
    session.save()
    path = f"/portal/{comer.tenant.slug}/team/invite/"
    sent = {"email": "new@example.org", "role": "auditor"}
    page = comer.http.post(path, sent)
    assert page.status_code == 403
    assert "Confirm at Northwind ID" in page.content.decode()
    comer.provider.age = 400
    assert comer.come("?again=1").status_code == 403
    comer.provider.age = 0
    assert comer.come("?again=1")["Location"] == f"{comer.root}again/"
    assert comer.provider.asked["prompt"] == "login"
    assert comer.http.get(f"{comer.root}again/").status_code == 200
    assert comer.http.post(path, sent).status_code == 302


def test_another_person_proves_nothing_for_a_session(comer: Comer) -> None:
    comer.come()
    before = comer.http.session["account_authentication_methods"]
    comer.provider.person = {"sub": "eve-1", "groups": ["visor-owners"]}
    assert "somebody else" in (comer.come("?again=1") and refusals()[-1])
    assert comer.http.session["account_authentication_methods"] == before
    assert Identity.objects.count() == 1


# --- an account that is there


@pytest.fixture
def grace(tenant: Tenant) -> User:
    """An administrator here, and an owner elsewhere."""
    user = make_user(
        (tenant, Role.ADMIN), (make_tenant(name="Elsewhere"), Role.OWNER), email="grace@example.org"
    )
    TOTP.activate(user, generate_totp_secret())
    return user


def linked(comer: Comer, user: User, sub: str = "grace-1") -> Client:
    """Link the user's account to somebody at the provider; the user's own browser."""
    comer.provider.person = {"sub": sub, "groups": []}
    own = Comer(comer.tenant, comer.provider, signed_in(user))
    assert own.http.get(f"{comer.root}link/").status_code == 200
    own.http.post(f"{comer.root}link/")
    assert own.come()["Location"] == f"/portal/{comer.tenant.slug}/"
    return own.http


def test_a_member_links_their_account_and_keeps_the_role_of_the_team(comer: Comer, grace: User) -> None:
    browser = linked(comer, grace)
    assert Identity.objects.get().user == grace
    assert not Identity.objects.get().gives_membership
    elsewhere = grace.memberships.exclude(tenant=comer.tenant).get().tenant
    assert browser.get(f"/portal/{elsewhere.slug}/").status_code == 200
    assert comer.come()["Location"] == f"/portal/{comer.tenant.slug}/"
    assert comer.enters()
    assert grace.memberships.get(tenant=comer.tenant).role == Role.ADMIN


def test_who_links_is_told_whom_they_let_in(comer: Comer, grace: User) -> None:
    page = signed_in(grace).post(f"{comer.root}link/").content.decode()
    assert "whoever signs in to it can then come in here as you" in page


def test_nothing_is_linked_by_following_a_link(comer: Comer, grace: User) -> None:
    """Somebody is led to the provider, where the attacker has signed their browser in as themselves."""
    comer.provider.person = {"sub": "mallory-1", "groups": []}
    victim = Comer(comer.tenant, comer.provider, signed_in(grace))
    assert_refused(victim.come("?link=1"), "no value of")
    assert not Identity.objects.exists()


def test_linking_takes_a_fresh_proof_of_the_accounts_own(comer: Comer, grace: User) -> None:
    browser = signed_in(grace)
    let_pass(browser, 301)
    assert browser.get(f"{comer.root}link/").status_code == 302
    browser.post(f"{comer.root}link/")
    assert "sso_link" not in browser.session


def test_a_sub_that_is_somebodys_is_linked_to_nobody_else(comer: Comer, grace: User) -> None:
    linked(comer, grace)
    mallory = make_user((comer.tenant, Role.ADMIN))
    own = Comer(comer.tenant, comer.provider, signed_in(mallory))
    own.http.post(f"{comer.root}link/")
    assert own.come().status_code == 403
    assert Identity.objects.get().user == grace


def test_where_the_provider_alone_is_taken_members_are_led_to_it(comer: Comer, grace: User) -> None:
    set_up(comer.provider, password_stays=False)
    base = f"/portal/{comer.tenant.slug}/"
    own = signed_in(grace)
    page = own.get(base)
    assert page.status_code == 403
    assert "is entered by Northwind ID" in page.content.decode()
    assert signed_in(make_user((comer.tenant, Role.OWNER))).get(base).status_code == 200
    assert linked(comer, grace).get(base).status_code == 200
    assert own.get(base).status_code == 403


# --- never across tenants (docs/adr/0447)


def test_a_provider_opens_no_other_organisation_of_a_linked_account(comer: Comer, grace: User) -> None:
    """Whoever runs the provider says that Grace has signed in, and wants into her other organisation."""
    linked(comer, grace)
    elsewhere = grace.memberships.exclude(tenant=comer.tenant).get().tenant
    comer.come()
    assert comer.enters()
    assert comer.http.get(f"/portal/{elsewhere.slug}/").status_code == 404
    assert comer.http.get("/portal/")["Location"] == f"/portal/{comer.tenant.slug}/"
    for path in ("2fa/", "2fa/webauthn/add/", "2fa/totp/deactivate/", "password/change/", "recovery-codes/"):
        answer = comer.http.get(f"/account/{path}")
        assert answer.status_code == 403, path
        assert "your own passkey or password" in answer.content.decode()
    assert comer.http.post("/account/password/change/", {"oldpassword": PASSWORD}).status_code == 403
    assert comer.http.post("/account/recovery-codes/").status_code == 403
    assert comer.http.get(f"{comer.root}link/").status_code in {302, 403}


def test_the_word_of_a_provider_opens_no_platform(comer: Comer, settings: Any) -> None:
    """Whoever runs the installation is a member, too: their organisation's provider says nothing for it."""
    runs_it = make_user((comer.tenant, Role.ADMIN), email="grace@example.org")
    TOTP.activate(runs_it, generate_totp_secret())
    settings.OPERATORS = frozenset({runs_it.email})
    own = linked(comer, runs_it)
    assert own.get("/platform/").status_code == 200
    comer.come()
    assert comer.enters()
    assert comer.http.get("/platform/").status_code == 404
    by_password = Comer(comer.tenant, comer.provider, signed_in(runs_it, second_factor=False))
    by_password.come()
    assert by_password.http.get("/platform/")["Location"] == "/account/second-factor/"


def test_an_email_address_takes_over_no_account(comer: Comer, grace: User) -> None:
    comer.provider.person |= {"email": grace.email, "email_verified": True}
    comer.come()
    made = Identity.objects.get().user
    assert made != grace
    assert made.email.endswith(f"@{comer.tenant.slug}.sso.invalid")
    assert Identity.objects.get().address == grace.email
    elsewhere = grace.memberships.exclude(tenant=comer.tenant).get().tenant
    assert comer.http.get(f"/portal/{elsewhere.slug}/").status_code == 404
    assert grace.memberships.count() == 2


def test_an_email_address_stands_in_no_invitations_way(comer: Comer) -> None:
    """A provider claims an address that somebody has no account for yet, who is then invited elsewhere."""
    comer.provider.person |= {"email": "new@example.org"}
    comer.come()
    other = make_tenant()
    with tenant_scope(other.id):
        _, token = team.invite(by=BY, email="new@example.org", role=Role.ADMIN)
    join = f"/account/join/{other.slug}/{token}/"
    assert "Your name" in Client().get(join).content.decode()
    comer.http.post(join)
    assert not Membership.objects.filter(tenant=other).exists()


def test_the_same_sub_at_two_organisations_is_two_people(comer: Comer) -> None:
    comer.come()
    other = make_tenant()
    with tenant_scope(other.id):
        set_up(comer.provider)
        second = Comer(other, comer.provider, Client())
        second.come()
    assert User.objects.count() == 2
    assert second.enters()
    assert not second.enters(comer.tenant)
    assert comer.enters()
    assert not comer.enters(other)


def test_an_answer_for_one_organisation_is_none_for_another(comer: Comer) -> None:
    """Mix-up: the victim's answer is brought to the callback of another tenant with the same provider."""
    other = make_tenant()
    with tenant_scope(other.id):
        set_up(comer.provider)
    address = comer.provider.answer(comer.begin())
    moved = address.replace(f"/sso/{comer.tenant.slug}/", f"/sso/{other.slug}/")
    answer = comer.back(moved)
    assert answer.status_code == 403
    assert len(comer.provider.codes) == 1, "the code was shown to somebody"
    with tenant_scope(other.id):
        assert "the state is of" in refusals()[-1]
    assert comer.back(address).status_code == 403
    assert not comer.enters(other)


def test_an_answer_that_bears_another_issuer_is_not_looked_at(comer: Comer) -> None:
    comer.provider.iss = "https://evil.example"
    assert_refused(comer.come(), "RFC 9207")
    assert comer.provider.redeemed == []


def test_an_answer_without_an_issuer_counts_only_where_the_provider_says_so(comer: Comer) -> None:
    asked = comer.begin()
    address = re.sub(r"&iss=[^&]+", "", comer.provider.answer(asked))
    assert_refused(comer.back(address), "RFC 9207")


# --- what is forged, replayed or redirected


TOKENS = {
    "aud": lambda claims: {**claims, "aud": "another"},
    "aud besides": lambda claims: {**claims, "aud": [CLIENT, "another"]},
    "azp": lambda claims: {**claims, "azp": "another"},
    "iss": lambda claims: {**claims, "iss": "https://evil.example"},
    "nonce": lambda claims: {**claims, "nonce": "another"},
    "no nonce": lambda claims: {name: each for name, each in claims.items() if name != "nonce"},
    "exp": lambda claims: {**claims, "exp": claims["iat"] - 60},
    "iat": lambda claims: {**claims, "iat": claims["iat"] + 600},
    "old": lambda claims: {**claims, "iat": claims["iat"] - 3600},
    "no sub": lambda claims: {name: each for name, each in claims.items() if name != "sub"},
    "sub": lambda claims: {**claims, "sub": ["ada-7"]},
}
SIGNED = {
    "none": lambda claims, key: unsigned(signed(claims, key)),
    "other key": lambda claims, key: forged(signed(claims, key)),
    "unknown key": lambda claims, _key: signed(claims, new_key(kid="other")),
    "hmac": lambda claims, _key: signed(claims, _secret_key(), algorithm="HS256"),
    "no token": lambda _claims, _key: "no.token",
}


def _secret_key() -> OctKey:
    return OctKey.import_key(SECRET * 2)


@pytest.mark.parametrize("fault", TOKENS)
def test_a_token_with_one_wrong_claim_lets_nobody_in(comer: Comer, fault: str) -> None:
    comer.provider.spoil = TOKENS[fault]
    assert_refused(comer.come(), "ID token")
    assert not comer.enters()


@pytest.mark.parametrize("fault", SIGNED)
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(comer: Comer, fault: str) -> None:
    comer.provider.sign = SIGNED[fault]
    assert_refused(comer.come(), "ID token")
    assert not comer.enters()


@pytest.mark.parametrize("weak", ["acr", "no acr", "old", "ahead", "no time"])
def test_a_sign_in_that_is_too_weak_lets_nobody_in(comer: Comer, weak: str) -> None:
    changed: dict[str, Any] = {
        "acr": {"acr": "urn:example:password"},
        "no acr": {"acr": None},
        "old": {"auth_time": 1_700_000_000},
        "ahead": {"auth_time": 9_000_000_000},
        "no time": {"auth_time": True},
    }
    comer.provider.spoil = lambda claims: {**claims, **changed[weak]}
    assert_refused(comer.come(), "too-weak")


def test_userinfo_about_somebody_else_lets_nobody_in(comer: Comer) -> None:
    comer.provider.info = {"sub": "eve", "groups": ["visor-owners"]}
    assert_refused(comer.come(), "userinfo is about 'eve'")


def test_what_the_provider_signed_stands_before_its_userinfo(comer: Comer) -> None:
    comer.provider.info = {"sub": "ada-7", "groups": ["visor-owners"], "acr": ACR}
    comer.come()
    assert Membership.objects.get().role == Role.ADMIN


def test_a_callback_counts_once_and_in_its_own_browser_alone(comer: Comer) -> None:
    address = comer.provider.answer(comer.begin())
    thief = Comer(comer.tenant, comer.provider, Client())
    assert_refused(thief.back(address), "unknown to this browser")
    assert comer.back(address).status_code == 302
    assert comer.back(address).status_code == 403
    assert len(comer.provider.redeemed) == 1
    assert not thief.enters()


def test_the_session_from_before_opens_nothing_afterwards(comer: Comer) -> None:
    """Session fixation: the key that an attacker planted is not the one that is signed in."""
    comer.begin()
    planted = comer.http.cookies[settings.SESSION_COOKIE_NAME].value
    comer.come()
    assert comer.http.cookies[settings.SESSION_COOKIE_NAME].value != planted
    attacker = Client()
    attacker.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert attacker.get(f"/portal/{comer.tenant.slug}/").status_code == 302
    before = comer.http.cookies[settings.SESSION_COOKIE_NAME].value
    comer.come("?again=1")
    assert comer.http.cookies[settings.SESSION_COOKIE_NAME].value != before


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/portal/{slug}.evil.example/",
        "/portal/{slug}/\\evil",
        "/portal/elsewhere/",
        "javascript:alert(1)",
        "/account/logout/",
        "/portal/{slug}/%0d%0aX: y\r\nX: y",
        "",
    ],
)
def test_nobody_is_led_anywhere_else_afterwards(comer: Comer, wanted: str) -> None:
    query = urlencode({"next": wanted.format(slug=comer.tenant.slug)})
    assert comer.come(f"?{query}")["Location"] == f"/portal/{comer.tenant.slug}/"


def test_an_error_of_the_provider_is_said_calmly(comer: Comer) -> None:
    asked = comer.begin()
    address = f"{asked['redirect_uri']}?state={asked['state']}&iss={comer.provider.issuer}&error="
    assert_refused(comer.back(address + "access_denied"), "access_denied")
    assert_refused(comer.back(address + "access_denied"), "unknown to this browser")
    asked = comer.begin()
    address = f"{asked['redirect_uri']}?state={asked['state']}&iss={comer.provider.issuer}&error="
    assert_refused(comer.back(address + "unmet_authentication_requirements"), "too-weak")


def test_a_provider_that_is_away_lets_nobody_in(tenant: Tenant, provider: Outside) -> None:
    set_up(provider, issuer="http://127.0.0.1:9")
    answer = Client().get(f"/account/sso/{tenant.slug}/")
    assert_refused(answer, "provider-away", status=503)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"issuer": "https://other.example"}, "is about the issuer"),
        ({"token_endpoint": "ftp://other.example/"}, "no https address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no https address"),
        ({"jwks_uri": None}, "no https address"),
    ],
)
def test_metadata_that_is_wrong_leads_nowhere(comer: Comer, changed: dict[str, Any], reason: str) -> None:
    comer.provider.metadata = changed
    assert_refused(Client().get(comer.root), reason, status=503)


@pytest.mark.parametrize("issuer", ["https://10.0.0.1", "https://[fd00::1]", "https://169.254.169.254"])
def test_t_ssrf_no_internal_address_is_asked(
    tenant: Tenant, provider: Outside, settings: Any, issuer: str
) -> None:
    settings.ALLOW_LOOPBACK_FETCH = False
    set_up(provider, issuer=issuer)
    assert_refused(Client().get(f"/account/sso/{tenant.slug}/"), "not a public address", status=503)


def test_an_internal_token_endpoint_is_not_asked_either(comer: Comer) -> None:
    address = comer.provider.answer(comer.begin())
    comer.provider.metadata = {"token_endpoint": "https://10.0.0.1/token"}
    forget_everything()
    assert_refused(comer.back(address), "not a public address", status=503)


# --- what ends


def test_what_came_by_a_provider_ends_with_it(comer: Comer) -> None:
    comer.come()
    user = Identity.objects.get().user
    set_up(comer.provider, enabled=False)
    page = comer.http.get(f"/portal/{comer.tenant.slug}/")
    assert page.status_code == 403
    assert "That way in is closed" in page.content.decode()
    assert Client().get(comer.root).status_code == 404
    set_up(comer.provider)
    assert comer.enters()
    single_sign_on.remove(by=BY)
    assert not comer.enters()
    assert not user.memberships.exists()
    assert not Identity.objects.exists()


def test_another_issuer_knows_nobody_of_the_one_before_and_gets_no_secret(comer: Comer) -> None:
    comer.come()
    row = set_up(comer.provider)
    sealed = row.sealed_secret
    changed = single_sign_on.configure(
        by=BY,
        name="Evil",
        issuer="https://evil.example",
        client_id=CLIENT,
        scopes="openid",
        role_claim="",
        roles=[],
        acr_values=[],
        just_in_time=False,
        password_stays=True,
        enabled=True,
    )
    assert not comer.enters()
    assert not Identity.objects.exists()
    assert single_sign_on.secret_of(changed) == ""
    changed.sealed_secret = sealed
    assert single_sign_on.secret_of(changed) == ""


def test_a_passkey_of_ones_own_opens_nothing_to_who_came_by_the_provider(comer: Comer) -> None:
    comer.come()
    own = signed_in(Identity.objects.get().user)
    page = own.get(f"/portal/{comer.tenant.slug}/")
    assert page.status_code == 403
    assert "is entered by Northwind ID" in page.content.decode()


def test_no_owner_by_the_provider_stands_in_for_one_of_the_team(comer: Comer) -> None:
    comer.provider.person["groups"] = ["visor-owners"]
    comer.come()
    owner = make_user((comer.tenant, Role.OWNER)).memberships.get()
    with pytest.raises(team.LastOwner):
        team.disable(by=BY, membership=owner)
    by_provider = Identity.objects.get().user.memberships.get()
    for refused in (
        lambda: team.set_role(by=BY, membership=by_provider, role=Role.ADMIN),
        lambda: team.start_anew(by=BY, membership=by_provider),
    ):
        with pytest.raises(team.ComesByProvider):
            refused()
    team.remove(by=BY, membership=by_provider)


def test_mail_goes_to_the_address_that_the_provider_says(comer: Comer) -> None:
    comer.provider.person["email"] = "ada@northwind.example"
    comer.come()
    make_user((comer.tenant, Role.OWNER), email="owner@example.org")
    assert sorted(team.mail_addresses()) == ["ada@northwind.example", "owner@example.org"]
    comer.provider.person["email"] = "a b\n@x"
    comer.come()
    assert team.mail_addresses() == ["owner@example.org"]


def test_the_secret_lies_sealed_and_is_shown_nowhere(comer: Comer) -> None:
    owner = signed_in(make_user((comer.tenant, Role.OWNER)))
    base = f"/portal/{comer.tenant.slug}/single-sign-on/"
    for path in ("", "change/", "secret/"):
        assert SECRET not in owner.get(base + path).content.decode()
    assert SECRET.encode() not in bytes(SingleSignOn.objects.get().sealed_secret or b"")
    assert not any(SECRET in str(row.details) for row in AuditEvent.objects.all())


# --- another organisation of this very product as the provider


def test_another_organisation_of_this_product_is_a_provider_like_any(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuing, program = make_tenant(name="Issuing"), Client()

    def served(url: str, *, method: str = "GET", body: bytes | None = None, **how: Any) -> Fetched:
        assert url.startswith(settings.BASE_URL)
        path, headers = url.removeprefix(settings.BASE_URL), how.get("headers") or {}
        kind = "application/x-www-form-urlencoded"
        answer = program.generic(method, path, body or b"", content_type=kind, headers=headers)
        return Fetched(answer.status_code, answer["Content-Type"], answer.content)

    for module in ("authsvc.federation.metadata", "authsvc.oidc.proofs.remote_keys"):
        monkeypatch.setattr(f"{module}.fetch", served)
    with tenant_scope(issuing.id):
        portal = f"{settings.BASE_URL}/account/sso/{tenant.slug}/callback/"
        partner = make_partner(
            redirect_uris=[portal], scopes=["openid", "profile", "email"], first_party=True
        )
        ada = make_person(name="Ada", claims={"email": "ada@issuing.example"})
        issuer = issuer_of(issuing)
    given = {"client_id": partner.party.client_id, "acr_values": ["urn:visor:L2", "urn:visor:L3"]}
    roles = [["ada@issuing.example", "admin"]]
    set_up(Outside(issuer=issuer), role_claim="email", roles=roles, scopes="openid email profile", **given)
    single_sign_on.set_secret(by=BY, secret=partner.secret or "")
    comer = Comer(tenant, Outside(issuer=issuer.rstrip("/")), Client())
    asked = comer.begin()
    with tenant_scope(issuing.id):
        visitor = Browser(issuing)
        txn = visitor.opened(visitor.http.get(f"{visitor.root}authorize", asked))
        visitor.prove(txn, ada)
        address = visitor.resume(txn)["Location"]
    assert comer.back(address)["Location"] == f"/portal/{tenant.slug}/"
    assert comer.enters()
    identity = Identity.objects.get()
    assert (identity.issuer, identity.user.name) == (issuer, "Ada")
    assert identity.user.memberships.get().role == Role.ADMIN
    assert not comer.enters(issuing)


# --- the screen


def form(provider: Outside, **changes: str) -> dict[str, str]:
    given = {
        "name": "Northwind ID",
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "scopes": "openid  groups",
        "role_claim": "groups",
        "admins": "visor-admins\n\nvisor-admins\nstaff",
        "acr_values": ACR,
        "password_stays": "on",
        "enabled": "on",
    }
    return {**given, **changes}


def test_an_owner_sets_it_up_by_two_forms(owner: Client, base: str, provider: Outside) -> None:
    screen = f"{base}single-sign-on/"
    assert "/account/sso/" in owner.get(screen).content.decode()
    assert owner.post(f"{screen}change/", form(provider))["Location"] == f"{screen}secret/"
    row = SingleSignOn.objects.get()
    assert (row.roles, row.acr_values) == ([["visor-admins", "admin"], ["staff", "admin"]], [ACR])
    assert (row.scopes, row.just_in_time, row.password_stays) == ("openid groups", False, True)
    assert owner.post(f"{screen}secret/", {"secret": SECRET})["Location"] == screen
    assert single_sign_on.secret_of(SingleSignOn.objects.get()) == SECRET
    page = owner.get(screen).content.decode()
    assert "Your team can sign in at Northwind ID, and without it." in page
    assert owner.post(f"{screen}change/", form(provider, name="ID"))["Location"] == screen
    assert single_sign_on.secret_of(SingleSignOn.objects.get()) == SECRET
    assert owner.post(f"{screen}remove/")["Location"] == screen
    assert not SingleSignOn.objects.exists()
    assert owner.post(f"{screen}secret/", {"secret": SECRET}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://10.0.0.1"},
        {"issuer": "ftp://id.example"},
        {"issuer": "https://id.example/?a=b"},
        {"scopes": "profile"},
        {"owners": "staff"},
        {"role_claim": ""},
        {"admins": "", "just_in_time": "on"},
        {"acr_values": "x" * 201},
    ],
)
def test_a_form_that_is_wrong_says_so_and_stores_nothing(
    owner: Client, base: str, provider: Outside, wrong: dict[str, str]
) -> None:
    answer = owner.post(f"{base}single-sign-on/change/", form(provider, **wrong))
    assert answer.status_code == 422
    assert not SingleSignOn.objects.exists()


def test_only_owners_set_it_and_only_with_a_fresh_proof(
    admin: Client, owner: Client, base: str, provider: Outside
) -> None:
    assert admin.post(f"{base}single-sign-on/change/", form(provider)).status_code == 403
    let_pass(owner, 301)
    assert (
        "Confirm that it is you"
        in owner.post(f"{base}single-sign-on/change/", form(provider)).content.decode()
    )
    assert not SingleSignOn.objects.exists()


def test_a_link_is_ended_by_an_owner(owner: Client, base: str, comer: Comer, grace: User) -> None:
    linked(comer, grace)
    row = Identity.objects.get()
    assert "grace-1" in owner.get(f"{base}single-sign-on/").content.decode()
    owner.post(f"{base}single-sign-on/links/{row.pk}/end/")
    assert not Identity.objects.exists()
    assert comer.come().status_code == 403
    comer.provider.person = {"sub": "ada-7", "groups": ["visor-admins"]}
    comer.come()
    born = Identity.objects.get()
    assert owner.post(f"{base}single-sign-on/links/{born.pk}/end/").status_code == 404


@pytest.mark.requirement("S9.4-02")
def test_t11_in_a_live_organisation_a_second_owner_agrees_to_more(
    owner: Client, grace_browser: Client, base: str, provider: Outside, live: Tenant, mailoutbox: Any
) -> None:
    change = f"{base}single-sign-on/change/"
    assert owner.post(change, form(provider, enabled="")).status_code == 302
    asked = owner.post(change, form(provider, just_in_time="on"))
    assert asked.status_code == 409
    assert "into the team" in asked.content.decode()
    assert not SingleSignOn.objects.get().enabled
    place = owner.post(change, {**form(provider, just_in_time="on"), "agreement-why": "a test"})["Location"]
    shown = grace_browser.get(place).content.decode()
    assert provider.issuer in shown.replace("<wbr>", "")
    assert "staff → admin" in shown
    assert SECRET not in shown
    grace_browser.post(f"{place}agree/")
    assert SingleSignOn.objects.get().enabled
    for more in (
        {"owners": "visor-admins", "admins": ""},
        {"auditors": "more"},
        {"client_id": "another"},
        {"role_claim": "roles"},
        {"acr_values": f"{ACR}\nweaker"},
    ):
        assert owner.post(change, form(provider, just_in_time="on", **more)).status_code == 409, more
    fewer = {"auditors": "staff", "admins": ""}
    for less in ({"just_in_time": ""}, fewer, {**fewer, "enabled": ""}):
        assert owner.post(change, form(provider, **less)).status_code == 302, less


@pytest.fixture
def grace_browser(tenant: Tenant) -> Client:
    """The browser of another owner."""
    return signed_in(make_user((tenant, Role.OWNER), email="second@example.org"))


def test_the_secret_outlives_the_rotation_of_the_key_that_it_is_sealed_by(
    comer: Comer, settings: Any
) -> None:
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key of this process"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert single_sign_on.secret_of(SingleSignOn.objects.get()) == SECRET
    assert second_factors().count == 1
    assert second_factors().count == 0
    settings.SECRET_KEY_FALLBACKS = []
    assert single_sign_on.secret_of(SingleSignOn.objects.get()) == SECRET
