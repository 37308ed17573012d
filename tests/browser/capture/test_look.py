"""Every screen of the capture page, and the pages around it, on a phone and on a desk, light and dark."""

import pytest
from playwright.sync_api import Page, expect

from authsvc.enrolment.services import create_link
from authsvc.tenancy.models import Tenant
from authsvc.transactions import services
from authsvc.transactions.models import Transaction
from tests.browser.capture.person import Person
from tests.browser.looks import assert_each_looks_right, assert_looks_right, assert_tab_follows_the_page
from tests.campaign import crossed
from tests.factories import make_subject

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
KINDS = {kind: kind for kind in Transaction.Kind.values}
# German has the longest words.
LANGUAGES = {language: language for language in ("de", "en", "fr")}
NAMES = "[...document.querySelectorAll('[data-screen]')].map((screen) => screen.dataset.screen)"
SHOW = """(name) => {
  for (const screen of document.querySelectorAll("[data-screen]")) {
    screen.hidden = screen.dataset.screen !== name;
  }
  document.body.dataset.showing = name;
}"""


@pytest.mark.parametrize(("kind", "language"), crossed(KINDS, LANGUAGES, sample=1))
def test_every_screen_looks_right(person: Person, page: Page, kind: str, language: str) -> None:
    page.set_extra_http_headers({"accept-language": language})
    fields = {"subject": make_subject(name="Ada Example")} if kind == Transaction.Kind.ENROL else {}
    person.open(kind, **fields)
    person.sees("welcome")
    names = page.evaluate(NAMES)
    assert {"welcome", "live", "refused", "expired", "offline"} <= set(names)
    assert_each_looks_right(page, names, SHOW)


def test_the_tab_key_follows_the_choice(person: Person, page: Page) -> None:
    person.enrolled()
    person.chooses()
    assert_tab_follows_the_page(page, "choice")


def test_the_pages_around_it_look_right(person: Person, page: Page, tenant: Tenant) -> None:
    link = create_link(subject=make_subject(name="Ada Example"), created_by="a test")[1]
    own = f"/t/{tenant.slug}"
    for url in (link, f"{own}/passkeys/", f"{own}/moments/", f"{own}/enrol/unknown/"):
        page.goto(url)
        assert_looks_right(page, url)


def test_the_pages_of_a_handoff_look_right(person: Person, page: Page, tenant: Tenant) -> None:
    row = person.open()
    person.sees("welcome")
    page.get_by_role("link", name="Use my phone").click()
    person.sees("desk-code")
    names = page.evaluate(NAMES)
    assert {"desk-code", "desk-number", "desk-taken", "desk-wrong", "desk-denied", "desk-problem"} <= set(
        names
    )
    assert_each_looks_right(page, names, SHOW)
    secret = services.open_handoff(row, digits=2, agent_path=f"/t/{tenant.slug}/handoff/{row.pk}/")
    person.context.clear_cookies()
    page.goto(f"/t/{tenant.slug}/handoff/{row.pk}/{secret}/")
    assert_looks_right(page, "a code was scanned")
    page.get_by_role("button", name="Yes, it is before me").click()
    expect(page.get_by_label("Number")).to_be_visible()
    assert_looks_right(page, "the number")
