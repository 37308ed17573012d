"""Filters that a member saves under a name: found again, for themselves alone, without whom they look for."""

import pytest
from django.test import Client

from authsvc.management.models import SavedFilter
from authsvc.management.saved_filters import MOST
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from tests.tenancy.people import make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def base(tenant: Tenant) -> str:
    return f"/portal/{tenant.slug}/"


@pytest.fixture
def auditor(tenant: Tenant) -> Client:
    """The browser of somebody who only reads."""
    return signed_in(make_user((tenant, Role.AUDITOR), email="auditor@example.org"))


def keep(browser: Client, base: str, of: str, query: str, name: str = "Mine") -> str:
    """Save filters, and return where that leads."""
    return str(browser.post(f"{base}filters/keep/", {"of": of, "query": query, "name": name})["Location"])


@pytest.mark.parametrize(
    ("of", "query"), [("attempts", "level=L1"), ("people", "face=off"), ("audit", "group=alarms")]
)
def test_who_only_reads_saves_filters_finds_them_chosen_and_removes_them(
    auditor: Client, base: str, of: str, query: str
) -> None:
    assert keep(auditor, base, of, query) == f"{base}{of}/?{query}"
    link = f'<a href="?{query}" aria-current="true">Mine</a>'
    assert link in auditor.get(f"{base}{of}/?{query}&zone=Europe/Berlin").content.decode()
    assert link.replace(' aria-current="true"', "") in auditor.get(f"{base}{of}/").content.decode()
    auditor.post(f"{base}filters/drop/", {"of": of, "name": "Mine"})
    assert "Mine" not in auditor.get(f"{base}{of}/").content.decode()
    assert not SavedFilter.objects.exists()


def test_others_neither_see_nor_remove_them(auditor: Client, admin: Client, base: str) -> None:
    keep(auditor, base, "attempts", "level=L1")
    assert "Mine" not in admin.get(f"{base}attempts/").content.decode()
    admin.post(f"{base}filters/drop/", {"of": "attempts", "name": "Mine"})
    assert SavedFilter.objects.count() == 1


def test_whom_one_looks_for_is_not_saved(admin: Client, base: str) -> None:
    assert keep(admin, base, "people", "search=ada") == base
    page = admin.get(f"{base}people/?search=ada").content.decode()
    assert "Save the filters" not in page
    keep(admin, base, "audit", "person=ada&actor=a%40example.org&subject=7&reference=8&reason=non-match&to=x")
    assert SavedFilter.objects.get().query == "reason=non-match"
    assert (
        'aria-current="true">Mine'
        not in admin.get(f"{base}audit/?person=x&reason=non-match").content.decode()
    )


def test_under_the_same_name_they_are_replaced(admin: Client, base: str) -> None:
    keep(admin, base, "attempts", "level=L1")
    keep(admin, base, "attempts", "level=L2")
    assert SavedFilter.objects.get().query == "level=L2"


def test_there_are_some_of_a_list_and_no_more(admin: Client, base: str) -> None:
    for number in range(MOST + 1):
        keep(admin, base, "attempts", "level=L1", name=f"Mine {number}")
    assert SavedFilter.objects.count() == MOST
    assert "Remove one first" in admin.get(f"{base}attempts/").content.decode()


@pytest.mark.parametrize("given", [{"of": "keys"}, {"name": " "}, {"name": "n" * 61}, {"query": "level=L9"}])
def test_what_is_wrong_saves_nothing(admin: Client, base: str, given: dict[str, str]) -> None:
    sent = {"of": "attempts", "name": "Mine", "query": "level=L1", **given}
    assert admin.post(f"{base}filters/keep/", sent)["Location"] == base
    assert not SavedFilter.objects.exists()
