"""Search: what it finds, for whom, and that it finds nothing of another organisation."""

import pytest
from django.test import Client
from django.urls import reverse

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.management.permissions import ROLES, SEEING, Permission
from authsvc.subjects.models import Subject, Word
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from portal.search.acts import DOABLE
from tests.factories import make_party, make_subject, make_tenant
from tests.tenancy.people import make_user, signed_in
from tests.unit.capture.agent import Agent


def hits(browser: Client, base: str, text: str) -> list[dict[str, str]]:
    answer = browser.get(f"{base}search/suggest/", {"q": text})
    assert answer.status_code == 200
    found: list[dict[str, str]] = answer.json()["hits"]
    return found


def labels(found: list[dict[str, str]], *kinds: str) -> list[str]:
    return [hit["label"] for hit in found if hit["kind"] in kinds]


@pytest.fixture
def estate(tenant: Tenant) -> Subject:
    make_party(name="Škola Zoo")
    make_subject(name="Zoltán Nagy")
    return make_subject(name="Zoë Ångström", external_id="E-77", claims={"email": "zoe@example.org"})


@pytest.mark.parametrize("text", ["zoe", "Zoë", "ZOE ANG", "e-77", "zoe@example.org", "ångström  zoë"])
def test_a_person_is_found(admin: Client, base: str, estate: Subject, text: str) -> None:
    [person] = [hit for hit in hits(admin, base, text) if hit["kind"] == "Person"]
    assert (person["label"], person["detail"]) == ("Zoë Ångström", "E-77")
    assert person["url"] == f"{base}people/{estate.pk}/"
    assert "Zoë Ångström" in admin.get(person["url"]).content.decode()


def test_screens_acts_and_parties_are_found_and_what_is_found_is_there(
    owner: Client, base: str, estate: Subject
) -> None:
    assert labels(hits(owner, base, "skola"), "Relying party") == ["Škola Zoo"]
    assert labels(hits(owner, base, "audit"), "Screen") == ["Audit log"]
    assert labels(hits(owner, base, "invite"), "Do") == ["Invite a person", "Invite an administrator"]
    for text in ("zo", "audit", "invite", "key", "see"):
        for hit in hits(owner, base, text):
            assert owner.get(hit["url"]).status_code == 200, hit


def test_every_act_begins_somewhere(owner: Client, tenant: Tenant) -> None:
    for act in DOABLE:
        assert owner.get(reverse(act.route, args=[tenant.slug]) + act.query).status_code == 200, act.route


def test_a_number_leads_to_what_explains_it(admin: Client, base: str, tenant: Tenant) -> None:
    row = Agent(tenant).open()
    assert hits(admin, base, row.pk)[0]["url"] == f"{base}attempts/{row.pk}/"
    answer = admin.get(f"{base}search/", {"q": f" {row.pk} "})
    assert answer.status_code == 302
    assert answer["Location"] == f"{base}attempts/{row.pk}/"


@pytest.mark.parametrize(
    "text", ["", " ", "nothing like it", "\0", "%", "a" * 2000, "\u202eevil", "9" * 40, "#"]
)
def test_what_is_not_there_is_said_not_to_be(admin: Client, base: str, estate: Subject, text: str) -> None:
    assert labels(hits(admin, base, text), "Person", "Relying party", "Number", "Screen", "Do") == []
    page = admin.get(f"{base}search/", {"q": text})
    assert page.status_code == 200


def test_a_name_with_markup_stays_text(admin: Client, base: str) -> None:
    make_subject(name="<img src=x onerror=alert(1)>")
    page = admin.get(f"{base}search/", {"q": "img"}).content.decode()
    assert "&lt;img src=x" in page
    assert "<img src=x" not in page


def test_nothing_of_another_organisation_is_found(admin: Client, base: str) -> None:
    other = make_tenant()
    with tenant_scope(other.id):
        theirs = make_subject(name="Zoë Elsewhere")
        make_party(name="Zoe elsewhere too")
        number = record(Tag.AGENT_REFUSED, transaction="A" * 24).transaction
    for text in ("zoe", "elsewhere", str(theirs.pk), number):
        assert labels(hits(admin, base, text), "Person", "Relying party", "Number") == []


def test_who_may_not_see_a_screen_finds_nothing_of_it(
    tenant: Tenant, base: str, estate: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = {Permission.SEE_PEOPLE, Permission.SEE_ATTEMPTS, Permission.SEE_AUDIT}
    monkeypatch.setitem(ROLES, Role.AUDITOR, SEEING - hidden)
    browser = signed_in(make_user((tenant, Role.AUDITOR)))
    row = Agent(tenant).open()
    for text in ("zoe", "invite", "people", "audit", "attempts", row.pk):
        assert hits(browser, base, text) == [], text
    assert labels(hits(browser, base, "skola"), "Relying party") == ["Škola Zoo"]


def test_search_works_without_a_script(admin: Client, base: str, estate: Subject) -> None:
    assert f'href="{base}search/"' in admin.get(base).content.decode()
    page = admin.get(f"{base}search/", {"q": "zoe"}).content.decode()
    assert f'href="{base}people/{estate.pk}/"' in page
    assert "Nothing found" in admin.get(f"{base}search/", {"q": "\U0001f642"}).content.decode()


def test_the_words_of_a_person_are_stored_with_them(tenant: Tenant, estate: Subject) -> None:
    words = set(Word.objects.filter(subject=estate).values_list("word", flat=True))
    assert words == {"zoe", "angstrom", "e-77", "e", "77", "zoe@example.org", "example", "org"}


def test_answers_are_not_kept_by_caches(admin: Client, base: str) -> None:
    assert "no-store" in admin.get(f"{base}search/suggest/", {"q": "a"})["Cache-Control"]
