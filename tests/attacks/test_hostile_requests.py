"""What another site makes a browser send, where it can lead somebody, and what a read gives away."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.core.ids import b64u
from authsvc.keys.models import SigningKey
from authsvc.management import single_sign_on, team
from authsvc.management.actors import System
from authsvc.oidc.registration.access import issue_initial_token
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import User
from portal.accounts.recovery import make_codes
from tests.tenancy.conftest import World
from tests.tenancy.people import PASSWORD, make_user, signed_in
from tests.tenancy.routes import Kind, filled, routes

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-01")]
SENT: Final = [
    *routes(Kind.CHANGER, Kind.FORM, Kind.ASKER),
    "account/theme/",
    "account/sessions/",
    "account/preferences/",
    "account/logout/",
    "account/login/",
    "account/password/change/",
    "account/password/reset/",
    "account/recovery-codes/",
    "account/2fa/totp/deactivate/",
    "account/2fa/webauthn/add/",
    "account/join/<slug:tenant>/<str:token>/",
    "account/sso/<slug:tenant>/",
    "account/sso/<slug:tenant>/link/",
    "platform/new/",
    "platform/organisations/<slug:slug>/quotas/",
    "platform/organisations/<slug:slug>/suspend/",
    "platform/organisations/<slug:slug>/resume/",
]
ELSEWHERE: Final = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example/",
    "https://testserver@evil.example/",
)


@pytest.mark.parametrize("told", [{}, {"origin": "https://evil.example"}], ids=["no token", "another origin"])
def test_what_another_site_sends_changes_nothing(ours: World, settings: Any, told: dict[str, str]) -> None:
    user = make_user((ours.tenant, Role.OWNER))
    settings.OPERATORS = [user.email]
    browser = signed_in(user)
    browser.get(f"/portal/{ours.tenant.slug}/")  # That they came is written down, once.
    browser.handler.enforce_csrf_checks = True
    written: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        written.extend([sql] if sql.startswith(("INSERT", "UPDATE", "DELETE")) else [])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        for route in SENT:
            path = filled(route, {**ours.values, "slug": ours.tenant.slug})
            assert browser.post(path, headers=told).status_code == 403, route
    assert [sql for sql in written if "accounts_administratorsession" not in sql] == []


def test_no_page_of_an_account_or_the_platform_is_framed_or_answers_to_another_host(
    ours: World, settings: Any
) -> None:
    user = make_user((ours.tenant, Role.OWNER))
    settings.OPERATORS = [user.email]
    browsers = (signed_in(user), Client())
    pages = [route for route in routes(Kind.ACCOUNT) if "<int" not in route and "^" not in route]
    for route in pages:
        for browser in browsers:
            path = filled(route, {**ours.values, "slug": ours.tenant.slug})
            answer = browser.get(path)
            assert answer.get("X-Frame-Options") == "DENY", (route, answer.status_code)
            if answer.get("Content-Type", "").startswith("text/html") and answer.status_code != 302:
                assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], route
            other = browser.get(path, headers={"host": "evil.example"})
            assert other.status_code in {400, 404, 421}, route
            assert "evil.example" not in other.content.decode()


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_no_way_through_an_account_leads_to_another_site(ours: World, wanted: str) -> None:
    user = make_user((ours.tenant, Role.OWNER))
    known = signed_in(user)
    given = {"next": wanted, "login": user.email, "password": PASSWORD, "theme": "dark", "language": "de"}
    for path in (
        "login",
        "reauthenticate",
        "theme",
        "preferences",
        "sessions",
        "2fa/reauthenticate",
        "logout",
    ):
        for browser in (Client(), known):
            for answer in (
                browser.get(f"/account/{path}/", {"next": wanted}),
                browser.post(f"/account/{path}/", given),
            ):
                to = urlsplit(answer.get("Location", "/"))
                assert (to.scheme, to.netloc) == ("", ""), path
                assert re.match(r"/[^/\\\\]|/$", answer.get("Location", "/")), path
                assert f'href="{wanted}"' not in answer.content.decode(), path


def test_no_page_gives_away_what_opens_something(ours: World, owner: Client) -> None:
    secrets = kept_secrets(ours)
    auditor = signed_in(make_user((ours.tenant, Role.AUDITOR)))
    assert len(secrets) >= 10
    for route in routes(Kind.MEMBER, Kind.FORM):
        for browser in (owner, auditor):
            for query in ({}, {"as": "csv"}):
                answer = browser.get(filled(route, ours.values), query)
                body = b"".join(answer) if answer.streaming else answer.content
                found = [what for what, secret in secrets.items() if secret.encode() in body]
                assert found == [], (route, found)


def kept_secrets(world: World) -> dict[str, str]:
    """Return what the tenant's rows hold or were made of that opens something, by what it is."""
    invited = f"another@{world.tenant.slug}.example"
    with tenant_scope(world.tenant.id):
        _party, secret = register(
            name="With a secret", redirect_uris=["https://a.example/"], scopes=["openid"]
        )
        single_sign_on.set_secret(by=System("a test"), secret="the secret at the provider")
        _, link = team.invite(by=System("a test"), email=invited, role=Role.AUDITOR)
        member = User.objects.get(memberships=int(world.values["membership"]))
        found = {
            "a client's secret": str(secret),
            "the secret at a provider": "the secret at the provider",
            "an initial token": issue_initial_token(note="For a test"),
            "an enrolment link": world.values["token"],
            "an invitation": link,
            "a password's hash": member.password,
            "a code": make_codes(member)[0],
        }
        for other in RelyingParty.objects.all():
            found |= {f"the hash of a secret of {other}": each.digest for each in other.secrets.all()}
        for row in SigningKey.objects.all():
            found[f"a signing key {row.kid}"] = b64u(bytes(row.sealed_private))
    return found
