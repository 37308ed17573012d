"""P10: a form that is sent twice makes one thing, and what it made is seen after the redirect."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.enrolment.models import EnrolmentLink
from authsvc.oidc.models import InitialAccessToken
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.models import SentForm
from portal.accounts.once import SHOWN_FOR
from tests.factories import make_subject, make_tenant
from tests.provider.fapi2.test_parallel_uses import at_once
from tests.tenancy.people import make_user, signed_in
from tests.unit.portal.test_relying_party_form import posted


@dataclass(frozen=True)
class Form:
    """Where the form stands and is sent to, what a person types, what it makes, and what it shows of it."""

    page: str
    to: str
    typed: dict[str, Any]
    counts: Callable[[], int]
    shown: str


def party() -> str:
    return RelyingParty.objects.get_or_create(name="Kept", redirect_uris=["https://a.example/"])[0].pk


def person() -> str:
    return str((Subject.objects.filter(name="Kept").first() or make_subject(name="Kept")).pk)


def forms(base: str) -> dict[str, Form]:
    own = f"{base}relying-parties/{party()}/"
    whose = f"{base}people/{person()}/"
    return {
        "person": Form(
            f"{base}people/new/",
            f"{base}people/new/",
            {"name": "Ada", "external_id": "7", "email": ""},
            Subject.objects.filter(name="Ada").count,
            "enrolment-link",
        ),
        "link": Form(whose, f"{whose}links/", {}, EnrolmentLink.objects.count, "enrolment-link"),
        "relying party": Form(
            f"{base}relying-parties/new/",
            f"{base}relying-parties/new/",
            posted(),
            RelyingParty.objects.filter(name="Partner").count,
            "client-secret",
        ),
        "secret": Form(own, f"{own}secrets/", {}, ClientSecret.objects.count, "client-secret"),
        "initial token": Form(
            f"{base}provider/tokens/new/",
            f"{base}provider/tokens/new/",
            {"note": "Harbour", "uses": "1", "days": "1"},
            InitialAccessToken.objects.count,
            "initial-access-token",
        ),
    }


NAMES = ["person", "link", "relying party", "secret", "initial token"]


@pytest.fixture
def form(admin: Client, base: str, request: pytest.FixtureRequest) -> Form:
    return forms(base)[request.param]


def key_at(browser: Client, form: Form) -> str:
    """The key of the form as the page has it; the page's other forms have the same."""
    page = browser.get(form.page).content.decode()
    found = set(re.findall(r'name="once" value="([^"]+)"', page))
    assert len(found) == 1
    return found.pop()


def send(browser: Client, form: Form, key: str) -> Any:
    return browser.post(form.to, {**form.typed, "once": key})


def shown_at(browser: Client, form: Form, location: str) -> str:
    found = re.search(rf'id="{form.shown}"[^>]*>([^<]*)<', browser.get(location).content.decode())
    return found[1] if found else ""


@pytest.mark.parametrize("form", NAMES, indirect=True)
def test_p10_a_double_click_makes_one_and_shows_it(admin: Client, form: Form) -> None:
    before, key = form.counts(), key_at(admin, form)
    first, second = (send(admin, form, key) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert form.counts() == before + 1
    # The browser follows the second answer; what was made is seen there, and seen again after a reload.
    assert first["Location"] == second["Location"]
    text = shown_at(admin, form, second["Location"])
    assert len(text) > 20
    assert shown_at(admin, form, second["Location"]) == text


@pytest.mark.parametrize("form", NAMES, indirect=True)
def test_p10_the_form_loaded_anew_makes_another(admin: Client, form: Form) -> None:
    before = form.counts()
    form.typed.pop("external_id", None)
    for _ in range(2):
        assert send(admin, form, key_at(admin, form)).status_code == 302
    # A relying party has two secrets at most, and this one had none.
    assert form.counts() == before + 2


@pytest.mark.parametrize("form", NAMES, indirect=True)
def test_p10_what_is_shown_is_shown_there_to_the_sender_for_a_while(
    admin: Client, form: Form, tenant: Tenant
) -> None:
    location = send(admin, form, key_at(admin, form))["Location"]
    text = shown_at(admin, form, location)
    assert text
    assert shown_at(admin, form, urlsplit(location).path) == ""
    colleague = signed_in(make_user((tenant, Role.ADMIN), email="colleague@example.org"))
    assert shown_at(colleague, form, location) == ""
    assert shown_at(admin, form, location[:-1]) == ""
    assert shown_at(admin, form, location) == text
    SentForm.objects.update(sent_at=SentForm.objects.get().sent_at - SHOWN_FOR - timedelta(seconds=1))
    assert shown_at(admin, form, location) == ""


@pytest.mark.parametrize("form", ["person", "initial token"], indirect=True)
def test_p10_a_form_with_a_mistake_uses_no_key_up(admin: Client, form: Form) -> None:
    key, before = key_at(admin, form), form.counts()
    wrong = {**form.typed, "name": "", "note": "", "once": key}
    assert admin.post(form.to, wrong).status_code == 422
    assert send(admin, form, key).status_code == 302
    assert form.counts() == before + 1


def test_p10_the_rows_open_nothing_without_the_address(admin: Client, base: str) -> None:
    form = forms(base)["secret"]
    location = send(admin, form, key_at(admin, form))["Location"]
    text, row = shown_at(admin, form, location), SentForm.objects.get()
    [key] = parse_qs(urlsplit(location).query)["once"]
    kept = f"{row.digest} {row.path} {bytes(row.sealed or b'')!r}"
    assert text not in kept
    assert key not in kept


def test_p10_a_form_without_a_key_works_as_ever(admin: Client, base: str) -> None:
    form = forms(base)["secret"]
    assert [admin.post(form.to).status_code for _ in range(3)] == [302] * 3
    assert ClientSecret.objects.count() == 2


def test_p10_old_rows_leave(admin: Client, base: str) -> None:
    form = forms(base)["link"]
    send(admin, form, key_at(admin, form))
    SentForm.objects.update(sent_at=SentForm.objects.get().sent_at - timedelta(days=2))
    send(admin, form, key_at(admin, form))
    assert SentForm.objects.count() == 1


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
def test_p10_clicks_at_the_same_moment(tries: int) -> None:
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        browser = signed_in(make_user((tenant, Role.ADMIN), email="admin@example.org"))
        form = forms(f"/portal/{tenant.slug}/")["person"]
        key = key_at(browser, form)
        locations: set[str] = set()

        def click() -> int:
            again = Client()
            again.cookies = browser.cookies
            answer = send(again, form, key)
            locations.add(answer.get("Location", ""))
            return int(answer.status_code)

        assert at_once(tries, click) == {302: tries}
        assert form.counts() == len(locations) == 1
