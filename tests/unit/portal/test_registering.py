"""Registering a relying party by steps: each is checked, kept and left by a redirect, and nothing is lost."""

import html
import json
from typing import Any

import pytest
from django.test import Client

from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.life import in_test
from authsvc.clients.settings.returning import is_native
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.relying_parties.kinds import KINDS, kind_of
from portal.relying_parties.quickstart import CLIENTS, snippets
from tests.factories import make_tenant
from tests.provider.tokens import key_set, new_key
from tests.tenancy.people import make_user, signed_in
from tests.unit.portal.test_relying_party_form import posted

URI = "https://shop.example/cb"


def step(browser: Client, at: str, name: str, /, **sent: Any) -> Any:
    return browser.post(at, {"step": name, **sent})


def begun(browser: Client, base: str, kind: str = "web", name: str = "Shop") -> str:
    """Send the first step, and return where the second one is."""
    answer = step(browser, f"{base}relying-parties/new/", "what", kind=kind, name=name)
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def registered(browser: Client, base: str, kind: str, **where: str) -> RelyingParty:
    third = step(browser, begun(browser, base, kind), "where", **where)["Location"]
    page = browser.get(third)
    form = page.context["form"]
    values = {field.name: field.value() for field in form if field.value() not in (None, False, "", [])}
    assert step(browser, third, "learns", **values).status_code == 302
    return RelyingParty.objects.get()


@pytest.mark.parametrize("kind", ["web", "page", "app"])
def test_each_kind_begins_with_what_fits_it(admin: Client, base: str, kind: str) -> None:
    party = registered(admin, base, kind, redirect_uris=URI)
    assert (party.scopes, party.floor_level, party.offline_access) == (["openid"], "L1", False)
    assert party.is_public == (kind != "web")
    assert is_native(party) == (kind == "app")
    assert kind_of(party) is KINDS[kind]


def test_a_machine_returns_nowhere_and_signs(admin: Client, base: str) -> None:
    party = registered(admin, base, "machine", jwks=json.dumps(key_set(new_key())))
    assert (party.redirect_uris, party.backchannel_token_delivery_mode) == ([], "poll")
    assert kind_of(party) is KINDS["machine"]


def test_a_step_is_refused_by_its_own_fields_and_written_down(admin: Client, base: str) -> None:
    second = begun(admin, base)
    page = step(admin, second, "where", redirect_uris="ftp://shop.example/")
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["redirect_uris"]
    two = "https://shop.example/cb\nhttps://other.example/cb"
    page = step(admin, second, "where", redirect_uris=two)
    assert "sector" in page.context["form"].errors
    assert step(admin, second, "where", redirect_uris=two, sector="shop.example").status_code == 302


def test_a_step_that_is_reloaded_or_skipped_loses_nothing(admin: Client, base: str) -> None:
    second = begun(admin, base)
    third = step(admin, second, "where", redirect_uris=URI)["Location"]
    for _ in range(2):
        assert URI in admin.get(third).content.decode().replace("<wbr>", "")
    assert admin.get(second).context["form"]["redirect_uris"].value() == URI
    lost = admin.get(f"{base}relying-parties/new/?draft=unknown&step=learns")
    assert "What is it?" in lost.content.decode()


def test_a_draft_stays_with_its_tenant(admin: Client, base: str, user: Any) -> None:
    second = begun(admin, base, name="Secret plans")
    other = make_tenant()
    with tenant_scope(other.id):
        Membership.objects.create(user=user, tenant=other, role=Role.ADMIN)
    elsewhere = admin.get(second.replace(base, f"/portal/{other.slug}/"))
    assert "Secret plans" not in elsewhere.content.decode()


def test_only_one_control_asks_for_refresh_tokens(admin: Client, base: str) -> None:
    admin.post(f"{base}relying-parties/new/", posted(offline_access=True, scopes=["openid", "email"]))
    party = RelyingParty.objects.get()
    assert (party.offline_access, party.scopes) == (True, ["openid", "email", "offline_access"])
    page = admin.get(f"{base}relying-parties/{party.pk}/edit/").content.decode()
    assert 'value="offline_access"' not in page


def test_an_auditor_sees_the_form_and_sends_none(tenant: Tenant, base: str) -> None:
    auditor = signed_in(make_user((tenant, Role.AUDITOR), email="auditor@example.org"))
    assert step(auditor, f"{base}relying-parties/new/", "what", kind="web", name="X").status_code == 403


def test_in_a_live_organisation_it_begins_in_test_and_says_so(
    admin: Client, grace: Client, base: str, live: Tenant
) -> None:
    party = registered(admin, base, "web", redirect_uris=URI)
    assert in_test(party)
    page = admin.get(f"{base}relying-parties/{party.pk}/").content.decode()
    assert "In test: nobody can sign in there yet." in page
    asked = admin.post(f"{base}relying-parties/{party.pk}/live/", {"exception": "1"})
    assert asked.status_code == 409
    assert "Another administrator has to agree" in asked.content.decode()


def test_the_page_shows_each_snippet_to_the_letter(admin: Client, base: str, tenant: Tenant) -> None:
    admin.post(f"{base}relying-parties/new/", posted())
    party = RelyingParty.objects.get()
    page = html.unescape(admin.get(f"{base}relying-parties/{party.pk}/").content.decode())
    shown = snippets(tenant, party)
    assert [each.name for each in shown] == [client.name for client in CLIENTS if client.kind is KINDS["web"]]
    for each in shown:
        assert each.text in page
        assert "@" not in each.text.replace("@require", "")
        assert party.client_id in each.text


def test_a_secret_that_is_added_may_end_the_old_one(admin: Client, base: str) -> None:
    admin.post(f"{base}relying-parties/new/", posted())
    party = RelyingParty.objects.get()
    admin.post(f"{base}relying-parties/{party.pk}/secrets/", {"overlap": "7"})
    new, old = party.secrets.order_by("-pk")
    assert new.expires_at is None
    assert old.expires_at is not None
    assert round((old.expires_at - new.created_at).total_seconds() / 86400) == 7
