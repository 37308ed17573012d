"""The lists as somebody uses them: filters, presets, pages both ways, rows, a phone, a table, the zone."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.stack.stack import Stack
from tests.browser.axe import violations
from tests.browser.looks import assert_looks_right, words_cut
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
# People enough for five pages, an attempt of the first, and events about them.
FILL = """
from datetime import timedelta
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
if not Subject.objects.unchecked().filter(name='Listed Åström 000').exists():
    people = [Subject.objects.create(name=f'Listed Åström {n:03}', external_id=f'L{n}') for n in range(120)]
    party, at = RelyingParty.objects.first(), now() - timedelta(days=20)
    Transaction._base_manager.create(
        tenant=tenant, kind='authenticate', state='expired', subject=people[0], client=party,
        browser_digest='0', created_at=at, expires_at=at, ended_at=at, refused_for='presentation-attack')
    record(Tag.DEVICE_REVOKED, actor='grace@example.org', subject=str(people[1].pk))
"""


@pytest.fixture
def filled(admin: Administrator, stack: Stack) -> Administrator:
    stack.python(FILL)
    return admin


@pytest.fixture
def in_tokyo(stack: Stack, browser: Browser, admin: Administrator) -> Iterator[Page]:
    """A page of the same administrator whose browser is in Tokyo."""
    cookies = admin.page.context.storage_state()
    context = browser.new_context(timezone_id="Asia/Tokyo", storage_state=cookies)
    yield context.new_page()
    context.close()


def first(page: Page) -> str:
    return page.locator("tbody .link-cell").first.inner_text()


def test_pages_are_turned_both_ways(filled: Administrator) -> None:
    page = filled.open("people/?search=astrom")
    expect(page.get_by_text("120 rows")).to_be_visible()
    assert first(page) == "Listed Åström 000"
    forth = [f"Listed Åström {first:03}" for first in (25, 50, 75, 100)]
    for way, names in (("Next page", forth), ("Previous page", [*forth[-2::-1], "Listed Åström 000"])):
        for name in names:
            page.get_by_role("link", name=way).click()
            expect(page.locator("tbody .link-cell").first).to_have_text(name)
        expect(page.get_by_role("link", name=way)).to_have_count(0)


def test_filters_are_saved_under_a_name_found_again_and_removed(filled: Administrator) -> None:
    page = filled.open("attempts/?outcome=left")
    page.locator("summary", has_text="Your filters").click()
    page.get_by_label("Name for the filters that are set").fill("Left by people")
    page.get_by_role("button", name="Save the filters").click()
    saved = page.get_by_role("link", name="Left by people")
    expect(saved).to_have_attribute("aria-current", "true")
    page.locator("summary", has_text="Your filters").click()
    assert violations(page) == []
    assert_looks_right(page, "saved filters")
    filled.open("attempts/")
    saved.click()
    expect(page).to_have_url(re.compile(r"\?outcome=left$"))
    page.locator("summary", has_text="Your filters").click()
    page.get_by_role("button", name="Remove “Left by people”").click()
    expect(page.get_by_text("Removed.")).to_be_visible()
    expect(saved).to_have_count(0)


def test_the_whole_row_is_clicked_and_rows_are_forty_pixels(filled: Administrator) -> None:
    page = filled.open("people/?search=astrom")
    page.set_viewport_size({"width": 1280, "height": 800})
    row = page.get_by_role("row").nth(1)
    whole, place = row.bounding_box(), row.get_by_role("cell").last.bounding_box()
    assert whole is not None
    assert place is not None
    assert whole["height"] <= 41
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(page.get_by_role("heading", level=1)).to_have_text("Listed Åström 000")


def test_a_link_within_a_row_keeps_its_own_place(filled: Administrator) -> None:
    page = filled.open("audit/?actor=grace@example.org")
    page.get_by_role("row").nth(1).get_by_role("link", name="Listed Åström 001").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Listed Åström 001")
    page.go_back()
    page.get_by_role("row").nth(1).get_by_text("A passkey was revoked.").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A passkey was revoked.")
    expect(page.get_by_text("transaction:device:revoked")).to_be_visible()


def test_presets_filters_and_their_end(filled: Administrator) -> None:
    page = filled.open("attempts/")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("Person").fill("listed 000")
    page.get_by_label("Refused because").select_option("presentation-attack")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").nth(1)).to_contain_text("Refused")
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("link", name="Enrolments").click()
    expect(page.get_by_role("link", name="Enrolments")).to_have_attribute("aria-current", "true")
    assert "kind=enrol" in page.url


def test_a_phone_folds_the_filters_away(filled: Administrator) -> None:
    page = filled.open("attempts/")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.get_by_label("Person")).to_be_visible()
    expect(page.get_by_label("Outcome")).to_be_hidden()
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Outcome").select_option("refused")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("Filters 1")).to_be_visible()
    expect(page.get_by_label("Outcome")).to_be_visible()


def test_a_table_is_taken_away(filled: Administrator) -> None:
    page = filled.open("people/?search=astrom")
    with page.expect_download() as loading:
        page.get_by_role("link", name="As a table (CSV)").click()
    assert loading.value.suggested_filename.startswith("people-")
    rows = list(csv.reader(io.StringIO(Path(loading.value.path()).read_text(encoding="utf-8"))))
    assert len(rows) == 121


def test_times_are_the_viewers_with_utc_beside(filled: Administrator, in_tokyo: Page) -> None:
    place = f"{filled.portal}attempts/?person=listed+000"
    in_tokyo.goto(place)
    shown = in_tokyo.locator("tbody time").first
    expect(shown.locator("small")).to_contain_text("UTC")
    here = shown.inner_text()
    moment = shown.get_attribute("datetime") or ""
    assert moment[11:16] in here  # in UTC
    assert f"{(int(moment[11:13]) + 9) % 24:02}:{moment[14:16]}" in here
    assert in_tokyo.locator("input[name='zone']").input_value() == "Asia/Tokyo"


COME = """
from datetime import timedelta
from authsvc.core.clock import now
from authsvc.subjects.models import Subject
from authsvc.transactions.models import Transaction
Transaction._base_manager.create(
    tenant=tenant, kind='authenticate', state='open', browser_digest='0', created_at=now(),
    expires_at=now() + timedelta(minutes=5),
    subject=Subject.objects.unchecked().get(name='Listed Åström 000'))
"""
ASKED = """
from authsvc.core.clock import now
from authsvc.management import approvals
from authsvc.management.acting import NeedsAgreement
from authsvc.management.actors import Member
from authsvc.clients.models import RelyingParty
from authsvc.tenancy.memberships.models import Membership
row = Membership.objects.filter(tenant=tenant, role='owner').first()
by = Member(row.user_id, 'grace@example.org', proven_at=now())
given = {'by': by, 'party': RelyingParty.objects.first(), 'floor_level': 'L1'}
approvals.ask(by=by, wanted=NeedsAgreement(by, 'relying_parties.change', given, ['a test']), why='Seen live')
"""


def test_what_comes_shows_by_itself_and_is_told(filled: Administrator, stack: Stack, in_tokyo: Page) -> None:
    page = in_tokyo
    page.clock.install()
    page.goto(f"{filled.portal}attempts/?person=listed+000&outcome=running")
    expect(page.get_by_text("No attempt matches")).to_be_visible()
    stack.python(COME)
    page.clock.fast_forward(11_000)
    expect(page.locator("[data-told-of='attempts']")).to_contain_text("1 attempt. On top: ")
    row = page.get_by_role("row").filter(has_text="Listed Åström 000")
    expect(row.locator("time small")).to_contain_text("UTC")
    moment = row.locator("time").get_attribute("datetime") or ""
    assert f"{(int(moment[11:13]) + 9) % 24:02}:{moment[14:16]}" in row.locator("time").inner_text()
    row.get_by_role("link").focus()
    page.evaluate("window.row = document.activeElement")
    for _reading in range(2):
        with page.expect_response(lambda answer: "attempts/" in answer.url):
            page.clock.fast_forward(11_000)
    assert page.evaluate("window.row === document.activeElement"), "what did not change is left alone"

    page.goto(f"{filled.portal}approvals/")
    stack.python(ASKED)
    page.clock.fast_forward(11_000)
    expect(page.locator("[data-told-of='waiting']")).to_contain_text("wait")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Change a relying party")).first
    row.get_by_role("link").click()
    expect(page.get_by_text("Seen live")).to_be_visible()
    page.get_by_role("button", name="Refuse").click()
    expect(page.get_by_role("button", name="Refuse")).to_have_count(0)


@pytest.mark.parametrize("screen", ["people/", "attempts/", "audit/", "relying-parties/"])
def test_a_list_looks_right_and_is_accessible(filled: Administrator, screen: str) -> None:
    page = filled.open(screen)
    assert_looks_right(page, screen)
    assert violations(page) == []


def test_an_event_looks_right_and_is_accessible(filled: Administrator) -> None:
    page = filled.open("audit/?actor=grace@example.org")
    page.get_by_role("row").get_by_text("A passkey was revoked.").first.click()
    assert_looks_right(page, "an event")
    assert violations(page) == []
    assert words_cut(page, "dd") == []
