"""The lists: what they show, in which order, how many, and as a table."""

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.management.attempts.outcome import ended
from authsvc.subjects import finding
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.transactions.models import AttemptCounter, Transaction
from portal.people import filters
from portal.people.filters import PersonFilter
from portal.ui import paging
from tests.factories import make_device, make_party, make_subject
from tests.tenancy.people import make_user, signed_in


def names(browser: Client, address: str, **query: str) -> list[str]:
    """The first cell's text of each row of a list."""
    page = browser.get(address, query)
    assert page.status_code == 200
    text = page.content.decode()
    return [part.split("</a>")[0].split(">", 1)[1] for part in text.split('class="link-cell"')[1:]]


def table(answer: Any) -> list[list[str]]:
    """The rows of a table that was taken away, its head first."""
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.content.decode())))


def attempt(subject: Subject | None = None, **fields: Any) -> Transaction:
    """An attempt that is over."""
    moment = now()
    defaults = {
        "kind": "authenticate",
        "state": "consumed",
        "created_at": moment,
        "expires_at": moment,
        "decided_at": moment,
        "ended_at": moment,
    }
    made = {**defaults, **fields}
    return Transaction._base_manager.create(subject=subject, tenant=_tenant(), browser_digest="0", **made)


def _tenant() -> Tenant:
    return Tenant.objects.get()


@pytest.fixture
def people(tenant: Tenant) -> list[Subject]:
    return [
        make_subject(name="Zoë Ångström", claims={"email": "zoe@example.org"}, external_id="E-7"),
        make_subject(name="Ada Müller", status=Subject.Status.INVITED),
        make_subject(name="Łucja Ødegård"),
    ]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("zoe", ["Zoë Ångström"]),
        ("ZOË", ["Zoë Ångström"]),
        ("Zoe\u0308", ["Zoë Ångström"]),
        ("angs zo", ["Zoë Ångström"]),
        ("zoe@exam", ["Zoë Ångström"]),
        ("e-7", ["Zoë Ångström"]),
        ("luc ode", ["Łucja Ødegård"]),
        ("muller", ["Ada Müller"]),
        ("ngstr", []),
        ("zoe muller", []),
        ("%", []),
        ("🙂", []),
    ],
)
def test_people_are_found_by_beginnings_of_words(
    admin: Client, base: str, people: list[Subject], search: str, found: list[str]
) -> None:
    assert names(admin, f"{base}people/", search=search) == found


@pytest.mark.parametrize(("page", "field"), [("people", "search"), ("attempts", "person")])
def test_several_words_are_looked_up_once(
    admin: Client, base: str, people: list[Subject], page: str, field: str
) -> None:
    attempt(people[2])
    with CaptureQueriesContext(connection) as asked:
        text = admin.get(f"{base}{page}/", {field: "luc ode"}).content.decode()
    assert "Łucja Ødegård" in text
    assert sum("subjects_word" in query["sql"] for query in asked.captured_queries) == 1


@pytest.mark.needs("postgresql")
def test_refused_attempts_at_a_relying_party_are_held_by_an_index(tenant: Tenant) -> None:
    party = make_party()
    refused: dict[str, Any] = {"state": "expired", "decided_at": None, "refused_for": "non-match"}
    for number in range(300):
        attempt(client=party if number % 100 == 0 else None, **refused if number % 2 == 0 else {})
    rows = Transaction.objects.unchecked().filter(ended("refused"), client=party).values("tenant")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE transactions_transaction")
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "transaction_refused_at_party" in rows.explain()


def test_of_very_many_who_are_called_so_some_are_listed_and_all_taken_away(
    admin: Client, base: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make_subject(name=f"Zoë {number}")
    monkeypatch.setattr(filters, "SOME", 3)
    monkeypatch.setattr(paging, "SIZE", 2)
    monkeypatch.setattr(paging, "COUNTED", 2)
    said, place = "only some are listed", f"{base}people/"
    page = admin.get(place, {"search": "zoe"}).content.decode()
    assert "More than 2" in page
    assert said in page
    assert said not in admin.get(place, {"search": "zoe", "status": "active"}).content.decode()
    assert len(table(admin.get(place, {"search": "zoe", "as": "csv"}))) == 1 + 5


@pytest.mark.parametrize(
    ("few", "enough"), [pytest.param(10, 3, id="of few people"), pytest.param(1, 12, id="of many people")]
)
def test_with_further_filters_all_of_that_name_are_found_and_each_once(
    admin: Client, base: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, few: int, enough: int
) -> None:
    """Of more than are listed, or who have later words, some are, and it is said; a table has all of them."""
    for number in range(6):
        # Two words of each begin so.
        make_subject(name=f"Zoë Zoëlla {number}", status="invited" if number % 2 else "active")
    monkeypatch.setattr(finding, "_FEW", few)
    address, said = f"{base}people/", "not everybody is looked up"
    all_three = ["Zoë Zoëlla 1", "Zoë Zoëlla 3", "Zoë Zoëlla 5"]
    for text in ("zoe", "zoe zoella"):
        wanted = {"search": text, "status": "invited"}
        monkeypatch.setattr(filters, "SOME", enough)
        assert names(admin, address, **wanted) == all_three
        assert said not in admin.get(address, wanted).content.decode()
        assert names(admin, address, **wanted, order="newest") == all_three[::-1]
        assert names(admin, address, **wanted, face="off") == []
        monkeypatch.setattr(filters, "SOME", 2)
        assert said in admin.get(address, wanted).content.decode()
        found = names(admin, address, **wanted)
        assert len(found) <= 2
        assert set(found) < set(all_three)
        assert len(table(admin.get(address, {**wanted, "as": "csv"}))) == 1 + 3


def test_people_are_filtered_and_ordered(admin: Client, base: str, people: list[Subject]) -> None:
    assert names(admin, f"{base}people/", status="invited") == ["Ada Müller"]
    AttemptCounter.objects.create(subject=people[2], disabled=True)
    assert names(admin, f"{base}people/", face="off") == ["Łucja Ødegård"]
    Subject._base_manager.filter(pk=people[1].pk).update(created_at=now() - timedelta(days=9))
    assert names(admin, f"{base}people/", order="newest")[-1] == "Ada Müller"
    day = (now() - timedelta(days=9)).date().isoformat()
    assert names(admin, f"{base}people/", until=day) == ["Ada Müller"]
    assert "Ada Müller" not in names(admin, f"{base}people/", since=now().date().isoformat())


def test_passkeys_are_counted_for_those_who_are_shown(
    admin: Client, base: str, people: list[Subject]
) -> None:
    make_device(people[0])
    make_device(people[0])
    make_device(people[0], status="revoked")
    page = admin.get(f"{base}people/", {"search": "zoe"}).content.decode()
    assert 'class="end numeric">2</td>' in page


def test_a_day_is_one_of_the_zone_that_the_browser_is_in() -> None:
    there = PersonFilter({"since": "2026-03-01", "until": "2026-03-01", "zone": "Asia/Tokyo"})
    first, behind = there.span()
    assert first == datetime(2026, 2, 28, 15, tzinfo=UTC)
    assert behind == datetime(2026, 3, 1, 15, tzinfo=UTC)
    assert PersonFilter({"since": "2026-03-01", "zone": "No/Where"}).span() == (
        datetime(2026, 3, 1, tzinfo=UTC),
        None,
    )
    assert PersonFilter({"since": "gestern"}).span() == (None, None)
    # The last day that there is has none after it.
    assert PersonFilter({"until": "9999-12-31"}).span() == (None, None)


def test_attempts_are_filtered(admin: Client, base: str, tenant: Tenant, people: list[Subject]) -> None:
    party = make_party(name="Bakery")
    kept = attempt(people[0], client=party, level="L2")
    refused = attempt(people[1], state="expired", decided_at=None, refused_for="non-match")
    left = attempt(people[2], state="cancelled", decided_at=None, kind="enrol")

    def shown(**query: str) -> set[str]:
        page = admin.get(f"{base}attempts/", query).content.decode()
        return {row.pk for row in (kept, refused, left) if f"attempts/{row.pk}/" in page}

    assert shown() == {kept.pk, refused.pk, left.pk}
    assert shown(outcome="accepted") == shown(level="L2") == shown(party="baker") == {kept.pk}
    assert shown(party=party.pk) == shown(party=party.client_id) == {kept.pk}
    assert shown(outcome="refused") == shown(reason="non-match") == shown(person="muller") == {refused.pk}
    assert shown(outcome="left") == shown(kind="enrol") == shown(subject=str(people[2].pk)) == {left.pk}
    assert shown(outcome="running") == shown(party="nobody") == shown(person="nobody") == set()
    assert shown(since=(now() + timedelta(days=2)).date().isoformat()) == set()
    assert shown(subject="x", outcome="x", level="L9") == {kept.pk, refused.pk, left.pk}


def test_events_are_told_in_words_with_names_that_lead_on(
    admin: Client, base: str, tenant: Tenant, people: list[Subject]
) -> None:
    party = make_party(name="Bakery")
    event = record(
        Tag.CODE_REUSED, client=party.client_id, subject=str(people[0].pk), reason="code-reused", actor="x"
    )
    record(Tag.KEY_CREATED, subject="no-uuid", client="gone")
    page = admin.get(f"{base}audit/", {"order": "oldest"}).content.decode()
    assert str(Tag.CODE_REUSED.words) in page
    assert f'<a href="{base}people/{people[0].pk}/">Zoë Ångström</a>' in page
    assert f'<a href="{base}relying-parties/{party.pk}/">Bakery</a>' in page
    assert "oidc:code:reused" not in page.split("<tbody>")[1]
    assert ">Alarm<" in page
    detail = admin.get(f"{base}audit/{event.pk}/").content.decode()
    assert "What the log says" in detail
    assert "oidc:" in detail
    assert admin.get(f"{base}audit/{event.pk + 999}/").status_code == 404


def test_events_are_filtered(admin: Client, base: str, tenant: Tenant, people: list[Subject]) -> None:
    party = make_party(name="Bakery")
    admin.get(base)
    alarm = record(Tag.CODE_REUSED, client=party.client_id, subject=str(people[0].pk), reason="code-reused")
    other = record(Tag.KEY_ROTATED, actor="grace@example.org")

    def shown(**query: str) -> set[int]:
        page = admin.get(f"{base}audit/", query).content.decode()
        return {event.pk for event in (alarm, other) if f"audit/{event.pk}/" in page}

    assert shown() == {alarm.pk, other.pk}
    for query in (
        {"group": "alarms"},
        {"group": "refusals"},
        {"group": "sign-ins"},
        {"tag": str(Tag.CODE_REUSED)},
        {"client": "Bakery"},
        {"client": party.client_id},
        {"person": "zoe"},
        {"subject": str(people[0].pk)},
        {"reason": "code-reused"},
    ):
        assert shown(**query) == {alarm.pk}, query
    assert shown(group="keys") == shown(actor="grace@example.org") == {other.pk}
    assert shown(until="2020-01-01") == set()


def test_relying_parties_are_filtered(admin: Client, base: str) -> None:
    make_party(name="Bakery", floor_level="L2")
    make_party(name="Bank", status=RelyingParty.Status.SUSPENDED)
    place = f"{base}relying-parties/"
    assert names(admin, place) == ["Bakery", "Bank"]
    assert names(admin, place, search="bake") == names(admin, place, level="L2") == ["Bakery"]
    assert names(admin, place, status="suspended") == ["Bank"]
    assert names(admin, place, order="newest") == ["Bank", "Bakery"]


def test_a_list_counts_up_to_a_bound(
    admin: Client, base: str, people: list[Subject], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "3 rows" in admin.get(f"{base}people/").content.decode()
    monkeypatch.setattr(paging, "COUNTED", 2)
    monkeypatch.setattr(paging, "SIZE", 1)
    assert "More than 2" in admin.get(f"{base}people/").content.decode()


def test_a_preset_is_marked_where_it_is_chosen(admin: Client, base: str) -> None:
    page = admin.get(f"{base}people/", {"status": "invited"}).content.decode()
    assert '<a href="?status=invited" aria-current="true">' in page
    assert page.count('aria-current="true"') == 1


def test_a_table_says_what_is_shown_and_no_cell_is_a_formula(
    admin: Client, base: str, people: list[Subject]
) -> None:
    for number, name in enumerate(("=1+1", "  @SUM(A1)", "＝cmd", "\t-1")):
        make_subject(name=name, external_id=f"+{number}")
    rows = table(admin.get(f"{base}people/", {"as": "csv"}))
    assert rows[0][:2] == ["Name", "Number"]
    cells = [cell for row in rows[1:] for cell in row[:2]]
    assert "Zoë Ångström" in cells
    assert not [cell for cell in cells if cell.strip()[:1] in ("=", "+", "@", "-", "＝")]
    assert [row[0] for row in table(admin.get(f"{base}people/", {"as": "csv", "search": "zoe"}))[1:]] == [
        "Zoë Ångström"
    ]
    said = AuditEvent.objects.filter(tag=Tag.LIST_EXPORTED).order_by("-sequence")[0]
    assert (said.reason, said.details) == ("people", {"rows": 1, "filters": ["search"]})
    assert said.actor == "admin@example.org"


@pytest.mark.parametrize("screen", ["people", "attempts", "audit", "relying-parties"])
def test_each_list_can_be_taken_away(
    admin: Client, base: str, tenant: Tenant, people: list[Subject], screen: str
) -> None:
    attempt(people[0], client=make_party())
    record(Tag.KEY_CREATED)
    assert len(table(admin.get(f"{base}{screen}/", {"as": "csv"}))) > 1


def test_of_the_log_a_page_is_taken_away_by_those_who_may_export_it(
    admin: Client, base: str, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "SIZE", 2)
    for _ in range(4):
        record(Tag.KEY_CREATED)
    assert len(table(admin.get(f"{base}audit/", {"as": "csv"}))) == 3
    auditor = signed_in(make_user((tenant, Role.AUDITOR), email=f"{uuid.uuid4()}@example.org"))
    assert auditor.get(f"{base}audit/", {"as": "csv"}).status_code == 403
    assert "as=csv" not in auditor.get(f"{base}audit/").content.decode()


@pytest.mark.parametrize(
    ("name", "field", "limit"),
    [
        ("attempts", "person", "portal.attempts.forms._WORDS"),
        ("people", "search", "portal.people.filters.SOME"),
    ],
)
@pytest.mark.parametrize("text", ["mara", "mara zoe"])
def test_a_list_says_when_not_everybody_is_looked_up(
    owner: Client,
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    field: str,
    limit: str,
    text: str,
) -> None:
    for number in range(3):
        make_subject(name=f"Mara Zoe {number}")
    address = f"{reverse(name, kwargs={'tenant': tenant.slug})}?{urlencode({field: text})}"
    said = "not everybody is looked up"
    monkeypatch.setattr(limit, 3)
    assert said not in owner.get(address).content.decode()
    monkeypatch.setattr(limit, 2)
    assert said in owner.get(address).content.decode()
