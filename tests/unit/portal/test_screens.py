"""The table of screens: routes, navigation and the gate follow it."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from authsvc.keys.models import SigningKey
from authsvc.keys.signing import ensure_keys
from authsvc.management.permissions import ROLES, SEEING, Permission
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from portal.accounts import gate
from portal.screens import SCREENS, screen_of, visible
from tests.factories import make_subject
from tests.tenancy.people import make_user, signed_in
from tests.tenancy.routes import all_routes

pytestmark = pytest.mark.requirement("S9.4-01")
ICONS = Path(settings.BASE_DIR) / "templates" / "components" / "icons"
PORTAL = "portal/<slug:tenant>/"


def navigation(page: bytes) -> list[str]:
    """The addresses in the navigation of a page, in their order."""
    text = page.decode()
    nav = text[text.index('<nav class="side"') : text.index("</nav>")]
    return [part.split('"')[0] for part in nav.split('href="')[1:]]


def addresses(tenant: Tenant, screens: list[str]) -> list[str]:
    return [reverse(name, args=[tenant.slug]) for name in screens]


@pytest.fixture
def without_audit(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> Client:
    """The browser of somebody who sees everything but the audit log, and changes nothing."""
    monkeypatch.setitem(ROLES, Role.AUDITOR, SEEING - {Permission.SEE_AUDIT})
    return signed_in(make_user((tenant, Role.AUDITOR)))


def test_every_route_of_a_tenant_belongs_to_one_screen() -> None:
    routed = [route for route in all_routes() if route.startswith(PORTAL)]
    owned = [f"{PORTAL}{screen.at}{route.pattern}" for screen in SCREENS for route in screen.patterns]
    assert sorted(owned) == sorted(routed)


def test_names_are_unique_and_lead_back_to_their_screen() -> None:
    names = [route.name for screen in SCREENS for route in screen.patterns]
    assert None not in names
    assert len(names) == len(set(names))
    for screen in SCREENS:
        assert {screen_of(route.name) for route in screen.patterns} == {screen}
        assert screen.name in {route.name for route in screen.patterns}
    assert screen_of("theme") is None
    assert screen_of(None) is None


def test_a_screen_has_an_icon_and_is_for_seeing() -> None:
    for screen in SCREENS:
        assert (ICONS / f"{screen.icon}.svg").is_file()
        assert screen.permission in SEEING


@pytest.mark.parametrize("role", Role)
def test_navigation_shows_every_screen_to_every_role_of_today(tenant: Tenant, base: str, role: Role) -> None:
    browser = signed_in(make_user((tenant, role)))
    shown = navigation(browser.get(base).content)
    assert shown == addresses(tenant, [screen.name for screen in SCREENS])


def test_navigation_and_gate_keep_back_what_a_role_may_not_see(
    tenant: Tenant, base: str, without_audit: Client
) -> None:
    shown = navigation(without_audit.get(base).content)
    assert shown == addresses(tenant, [screen.name for screen in SCREENS if screen.name != "audit"])
    assert without_audit.get(f"{base}audit/").status_code == 403
    assert [screen.name for screen in visible({Permission.SEE_AUDIT})] == ["audit"]


def test_the_page_in_hand_is_marked(tenant: Tenant, base: str, admin: Client) -> None:
    person = make_subject()
    for path, screen in (
        ("", "overview"),
        (f"people/{person.pk}/", "people"),
        ("provider/keys/", "provider"),
    ):
        page = admin.get(f"{base}{path}").content.decode()
        assert page.count('aria-current="page"') == 1
        assert f'href="{reverse(screen, args=[tenant.slug])}" aria-current="page"' in page


def test_without_the_gate_an_act_refuses_all_the_same(
    tenant: Tenant, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the gate took every method for one that only reads.
    monkeypatch.setattr(gate, "_SAFE", frozenset({"GET", "POST"}))
    ensure_keys(["ES256"])
    person, key = make_subject(), SigningKey.objects.get(state=SigningKey.State.CURRENT)
    auditor = signed_in(make_user((tenant, Role.AUDITOR)))
    for path in (
        f"people/{person.pk}/close/",
        f"people/{person.pk}/links/",
        f"provider/keys/{key.kid}/revoke/",
    ):
        refused = auditor.post(f"{base}{path}")
        assert refused.status_code == 403
        assert "Your role does not allow this" in refused.content.decode()
    person.refresh_from_db()
    assert person.status == Subject.Status.ACTIVE


def test_templates_ask_for_permissions_that_there_are() -> None:
    asked = {
        word
        for page in Path(settings.BASE_DIR, "templates", "portal").rglob("*.html")
        for word in _asked(page.read_text(encoding="utf-8"))
    }
    assert Permission.CHANGE_PEOPLE in asked
    assert asked <= set(Permission)


def _asked(text: str) -> list[str]:
    return re.findall(r'"(\w+)" in request\.may', text)
