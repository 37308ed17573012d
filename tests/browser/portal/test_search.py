"""Search from the keyboard on every page, and without a script."""

import time

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from devtools.stack.stack import Stack
from portal.screens import SCREENS
from tests.browser.axe import violations
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
SECONDS = 3


@pytest.fixture
def filled(admin: Administrator, stack: Stack) -> Administrator:
    stack.python(
        "from authsvc.subjects.models import Subject\n"
        "if not Subject.objects.unchecked().filter(name='Searched Łąka').exists():\n"
        "    Subject.objects.create(name='Searched Łąka')\n"
        "    Subject.objects.create(name='Searched Zwei')"
    )
    return admin


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search")


def test_a_person_is_reached_by_keys_alone_within_three_seconds(filled: Administrator) -> None:
    page = filled.open("provider/")
    begun = time.monotonic()
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type("laka sear")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Searched Łąka")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Searched Łąka")
    assert time.monotonic() - begun <= SECONDS


def test_it_opens_on_every_screen_and_leaves_what_is_typed_alone(filled: Administrator) -> None:
    for screen in SCREENS:
        page = filled.open(screen.at)
        page.keyboard.press("Control+k")
        expect(field(page)).to_be_focused()
        page.keyboard.press("Escape")
        expect(field(page)).to_be_hidden()
    page = filled.open("people/")
    page.get_by_label("Name, address or number").press_sequentially("a/b")
    expect(page.get_by_label("Name, address or number")).to_have_value("a/b")
    expect(field(page)).to_be_hidden()


def test_the_combobox_says_what_it_does(filled: Administrator) -> None:
    page = filled.open("")
    page.get_by_role("link", name="Search").click()
    combobox = field(page)
    expect(combobox).to_have_attribute("aria-expanded", "false")
    combobox.press_sequentially("searched")
    expect(combobox).to_have_attribute("aria-expanded", "true")
    options = page.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    count = options.count()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text(f"{count}")
    for _ in range(2):
        combobox.press("ArrowDown")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    expect(combobox).to_have_attribute("aria-activedescendant", options.nth(2).get_attribute("id"))
    combobox.press("ArrowUp")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert violations(page) == []
    assert_looks_right(page, "palette")
    combobox.fill("nothing of this name at all")
    expect(combobox).to_be_focused()


def test_acts_and_numbers_are_found(filled: Administrator, stack: Stack) -> None:
    page = filled.open("")
    page.keyboard.press("/")
    page.keyboard.type("invite a person")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Invite a person")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Invite a person")).to_be_visible()
    other = page.context.browser.new_page()
    other.goto(f"{stack.base_url}/t/demo/enrol/unknown/")
    number = other.locator("#reference").inner_text()
    page.keyboard.press("Control+k")
    page.keyboard.type(number)
    expect(page.get_by_role("option").first).to_contain_text("What it stands for")
    page.keyboard.press("Enter")
    expect(page.get_by_text(number, exact=True)).to_be_visible()
    expect(page.get_by_text("What the log says")).to_be_visible()


def test_the_slash_can_be_turned_off(filled: Administrator) -> None:
    page = filled.open("")
    page.keyboard.press("/")
    page.get_by_label("Open with the / key").uncheck()
    page.keyboard.press("Escape")
    page = filled.open("people/")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(field(page)).to_be_hidden()
    page.keyboard.press("Control+k")
    page.get_by_label("Open with the / key").check()


def test_without_a_script_it_is_a_form_and_a_page(filled: Administrator, browser: Browser) -> None:
    state = filled.page.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    page = context.new_page()
    page.goto(filled.portal)
    page.get_by_role("link", name="Search").click()
    page.get_by_label("What to look for").fill("laka")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name="Searched Łąka").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Searched Łąka")
    context.close()


def test_the_page_of_search_looks_right(filled: Administrator) -> None:
    for query in ("", "?q=searched", "?q=nothing+of+this+name"):
        page = filled.open(f"search/{query}")
        assert_looks_right(page, query)
        assert violations(page) == []
