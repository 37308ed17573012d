"""Where a request is at home: a tenant's host answers for that tenant alone, and a stranger's nowhere."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from authsvc.core.clock import now
from authsvc.devices.assertion import assertion_options
from authsvc.devices.registration import creation_options
from authsvc.hosts.middleware import CHALLENGE
from authsvc.hosts.models import Host
from authsvc.hosts.places import forget_places
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_host, make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-02")]

AT_A, AT_B = "a.localhost:8000", "b.localhost:8000"
DISCOVERY = ".well-known/openid-configuration"
# Never asked for, and other ways to write a name that was.
STRANGE = {
    "unknown": "c.localhost:8000",
    "last dot": "a.localhost.:8000",
    "other port": "a.localhost:9000",
    "no port": "a.localhost",
    "somebody at it": "x@a.localhost:8000",
    "below it": "x.a.localhost:8000",
    "with a path": "a.localhost:8000/x",
    "other letters": "ａ.localhost:8000",
    "two": "a.localhost:8000, b.localhost:8000",
    "a script": "<script>alert(1)</script>",
}
# What belongs to the installation, and to no host of a tenant.
OURS = [
    "/",
    "/portal/",
    "/account/login/",
    "/healthz",
    "/readyz",
    "/portal/{slug}/",
    "/portal/{slug}/people/",
]


@pytest.fixture
def a() -> Tenant:
    """A tenant that lives at a host of its own."""
    tenant = make_tenant()
    make_host(tenant, "a.localhost")
    return tenant


@pytest.fixture
def b() -> Tenant:
    """Another one."""
    tenant = make_tenant()
    make_host(tenant, "b.localhost")
    return tenant


def ask(host: str, path: str, *, method: str = "get", **headers: str) -> Any:
    return getattr(Client(), method)(path, headers={"host": host, **headers})


@pytest.mark.parametrize("host", [AT_A, AT_A.upper()])
def test_a_tenants_own_path_is_at_home_at_its_host(host: str, a: Tenant) -> None:
    said = ask(host, f"/t/{a.slug}/{DISCOVERY}").json()
    assert said["issuer"] == f"http://{AT_A}/t/{a.slug}/"
    addresses = [value for name, value in said.items() if name.endswith(("_endpoint", "jwks_uri"))]
    assert addresses
    assert all(address.startswith(said["issuer"]) for address in addresses)
    assert ask(host, f"/.well-known/oauth-authorization-server/t/{a.slug}").json() == said
    assert ask(host, f"/t/{a.slug}/me/").status_code == 200


@pytest.mark.parametrize("host", STRANGE.values(), ids=STRANGE)
def test_a_host_that_is_nobodys_is_refused_and_stands_nowhere_in_the_answer(host: str, a: Tenant) -> None:
    for path in (f"/t/{a.slug}/{DISCOVERY}", f"/t/{a.slug}/me/", "/portal/"):
        answer = ask(host, path)
        assert answer.status_code == 400
        assert host not in answer.content.decode() + str(answer.headers)


def test_no_header_but_host_names_the_host(a: Tenant, b: Tenant) -> None:
    forwarded = {"x-forwarded-host": AT_A, "forwarded": f"host={AT_A}", "x-original-host": AT_A}
    answer = ask(AT_B, f"/t/{a.slug}/{DISCOVERY}", **forwarded)
    assert answer.status_code == 404
    said = ask(AT_B, f"/t/{b.slug}/{DISCOVERY}", **forwarded).json()
    assert said["issuer"].startswith(f"http://{AT_B}/")
    assert ask("evil.example", f"/t/{a.slug}/me/", **forwarded).status_code == 400


def test_another_tenants_path_is_not_found_at_a_host(a: Tenant, b: Tenant) -> None:
    at_home = make_tenant()
    for tenant in (b, at_home):
        for path in (DISCOVERY, "jwks", "token", "me/", "authorize", "enrol/x/", "agent-worker.js"):
            for method in ("get", "post"):
                answer = ask(AT_A, f"/t/{tenant.slug}/{path}", method=method)
                assert answer.status_code == 404, path
                assert tenant.name not in answer.content.decode()
        assert ask(AT_A, f"/.well-known/openid-configuration/t/{tenant.slug}/").status_code == 404


@pytest.mark.parametrize("path", OURS)
def test_the_portal_lives_at_the_installations_host_alone(path: str, a: Tenant) -> None:
    for method in ("get", "post"):
        answer = ask(AT_A, path.format(slug=a.slug), method=method)
        assert answer.status_code == 404
        assert 'href="/portal/"' not in answer.content.decode()
        assert "Content-Security-Policy" in answer.headers
    assert ask("localhost", "/account/login/").status_code == 200
    assert ask("localhost", f"/portal/{a.slug}/").status_code == 302


def test_what_people_keep_leads_on_from_an_address_that_was_left_and_nothing_else(a: Tenant) -> None:
    root, there = f"/t/{a.slug}/", f"http://{AT_A}/t/{a.slug}/"
    for kept in ("me/", "enrol/abc/", "passkeys/", "moments/", f"{DISCOVERY}?x=1"):
        answer = ask("localhost", root + kept)
        assert (answer.status_code, answer.headers.get("Location")) == (302, there + kept)
    for gone in ("authorize?client_id=x", "jwks", "agent/x/", "signin/x/", "end-session"):
        assert ask("localhost", root + gone).status_code == 404
    for path in ("token", "par", "me/leave", "enrol/abc/consent", DISCOVERY):
        assert ask("localhost", root + path, method="post").status_code == 404
    metadata = f"/.well-known/openid-configuration{root}"
    assert ask("localhost", metadata)["Location"] == f"http://{AT_A}{metadata}"


def test_a_host_that_was_left_leads_on_too(a: Tenant, b: Tenant) -> None:
    make_host(a, "old.localhost", state=Host.State.LEFT, left_at=now())
    answer = ask("old.localhost:8000", f"/t/{a.slug}/me/")
    assert answer["Location"] == f"http://{AT_A}/t/{a.slug}/me/"
    assert ask("old.localhost:8000", f"/t/{a.slug}/token", method="post").status_code == 404
    assert ask("old.localhost:8000", f"/t/{b.slug}/me/").status_code == 404


def test_a_host_that_was_asked_for_answers_its_challenge_alone() -> None:
    tenant = make_tenant()
    row = make_host(tenant, "new.localhost", state=Host.State.ASKED, live_at=None)
    answer = ask("new.localhost:8000", CHALLENGE)
    assert (answer.status_code, answer.content.decode()) == (200, row.challenge)
    for path in (
        f"/t/{tenant.slug}/{DISCOVERY}",
        f"/t/{tenant.slug}/me/",
        "/.well-known/webauthn",
        "/portal/",
    ):
        assert ask("new.localhost:8000", path).status_code == 400
    assert ask("localhost", CHALLENGE).status_code == 404
    assert ask("localhost", f"/t/{tenant.slug}/{DISCOVERY}").status_code == 200


def test_a_page_of_the_installation_changes_nothing_at_a_host(a: Tenant) -> None:
    """What the capture page calls takes the origin of where the tenant lives, and no other."""
    path = f"/t/{a.slug}/enrol/unknown/consent"
    for origin, status in (
        (settings.BASE_URL, 403),
        ("http://b.localhost:8000", 403),
        (f"http://{AT_A}", 404),
    ):
        answer = Client().post(
            path, "{}", content_type="application/json", headers={"host": AT_A, "origin": origin}
        )
        assert answer.status_code == status, origin


def test_forms_take_the_token_of_their_own_host(a: Tenant) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get(f"/t/{a.slug}/me/", headers={"host": AT_A})
    sent = {"csrfmiddlewaretoken": browser.cookies["visor_csrf"].value}
    for origin, status in ((f"http://{AT_A}", 303), ("http://b.localhost:8000", 403), ("null", 403)):
        answer = browser.post(f"/t/{a.slug}/me/enter", sent, headers={"host": AT_A, "origin": origin})
        assert (answer.status_code == 403) == (status == 403), origin


def test_passkeys_are_asked_for_by_the_tenants_own_name(a: Tenant, b: Tenant) -> None:
    for tenant, host in ((a, "a.localhost"), (b, "b.localhost"), (make_tenant(), "localhost")):
        with tenant_scope(tenant.id):
            options, _ = assertion_options(tenant, challenge=bytes(32))
            assert options["publicKey"]["rpId"] == host
            made, _ = creation_options(make_subject(), challenge=bytes(32))
            assert made["publicKey"]["rp"]["id"] == host


def test_cookies_belong_to_one_host_and_have_no_domain(a: Tenant) -> None:
    browser = Client()
    browser.get(f"/t/{a.slug}/me/", headers={"host": AT_A})
    browser.post(f"/t/{a.slug}/me/enter", headers={"host": AT_A, "origin": f"http://{AT_A}"})
    assert browser.cookies
    for cookie in browser.cookies.values():
        assert (cookie["domain"], cookie["path"]) == ("", "/")


def test_t02_a_host_that_the_portal_did_not_seal_is_nobodys(a: Tenant) -> None:
    Host._base_manager.filter(host="a.localhost").update(host="evil.localhost")
    forget_places()
    assert ask("evil.localhost:8000", f"/t/{a.slug}/me/").status_code == 400
    assert ask("localhost", f"/t/{a.slug}/{DISCOVERY}").json()["issuer"].startswith(settings.BASE_URL)


def test_a_tenants_name_that_nobody_has_says_nothing(a: Tenant) -> None:
    assert ask("localhost", "/t/nobody/me/").status_code == 404
    assert ask(AT_A, "/t/nobody/me/").status_code == 404


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "testserver"])
def test_the_installation_is_up_without_a_look_into_the_database(
    host: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert ask(host, "/healthz").status_code == 200
