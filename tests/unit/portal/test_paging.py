"""Keyset pagination."""

from collections.abc import Callable

import pytest
from django.http import Http404
from django.test import RequestFactory

from authsvc.core.ids import b64u
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from portal.ui import paging
from tests.factories import make_subject


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "SIZE", 3)


def walk(read: Callable[[str], paging.Page]) -> list[list[str]]:
    pages, query = [], "?status=invited"
    while query:
        page = read(query)
        pages.append([str(row.pk) for row in page.rows])
        query = page.next_query
    return pages


@pytest.mark.parametrize("key", [("name", "id"), ("-created_at", "-id")])
def test_every_row_comes_once_also_where_the_first_key_is_equal(
    tenant: Tenant, small_pages: None, rf: RequestFactory, key: tuple[str, str]
) -> None:
    for number in range(8):
        make_subject(name=f"Same {number // 4}")
    pages = walk(lambda query: paging.page_of(rf.get(f"/{query}"), Subject.objects.all(), key=key))
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [row for page in pages for row in page] == [str(row.pk) for row in Subject.objects.order_by(*key)]


def test_filters_stay_in_the_links(tenant: Tenant, small_pages: None, rf: RequestFactory) -> None:
    for _ in range(4):
        make_subject()
    first = paging.page_of(rf.get("/?status=active"), Subject.objects.all(), key=("name", "id"))
    assert "status=active" in first.next_query
    assert first.first_query == ""
    second = paging.page_of(rf.get(f"/{first.next_query}"), Subject.objects.all(), key=("name", "id"))
    assert second.first_query == "?status=active"
    assert second.next_query == ""


@pytest.mark.parametrize(
    "position", ["x", "é", b64u(b"[1]"), b64u(b'["a", {}]'), b64u(b'["a", "b"]'), b64u(b"{}"), b64u(b"\xff")]
)
def test_a_position_that_was_not_made_here_is_not_found(
    tenant: Tenant, rf: RequestFactory, position: str
) -> None:
    with pytest.raises(Http404):
        paging.page_of(
            rf.get("/", {"after": position}), Transaction.objects.all(), key=("-created_at", "-id")
        )
