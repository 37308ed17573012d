"""Every screen of the capture page, and the pages around it, on a phone and on a desk, light and dark."""

import pytest
from playwright.sync_api import Page

from authsvc.enrolment.services import create_link
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from tests.browser.capture.person import Person
from tests.browser.looks import assert_each_looks_right, assert_looks_right, assert_tab_follows_the_page
from tests.campaign import sampled
from tests.factories import make_subject

pytestmark = [pytest.mark.browser, pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
KINDS = {kind: kind for kind in Transaction.Kind.values}
NAMES = "[...document.querySelectorAll('[data-screen]')].map((screen) => screen.dataset.screen)"
SHOW = """(name) => {
  for (const screen of document.querySelectorAll("[data-screen]")) {
    screen.hidden = screen.dataset.screen !== name;
  }
  document.body.dataset.showing = name;
}"""


@pytest.mark.parametrize("kind", sampled(KINDS, "authenticate", "enrol", "renew"))
def test_every_screen_looks_right(person: Person, page: Page, kind: str) -> None:
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
