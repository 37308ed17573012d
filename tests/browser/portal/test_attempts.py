"""One real attempt explained, and the audit log behind it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from authsvc.audit.tags import Tag
from devtools.phone.phone import Person
from devtools.stack.stack import Stack
from tests.browser.portal.conftest import Administrator
from tests.product import enrolled

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.needs("photos")]


def test_an_enrolment_is_explained_step_by_step_without_any_score(
    admin: Administrator, stack: Stack, photos: Path
) -> None:
    enrolled(stack, photos, "A person whose enrolment is looked at")
    page = admin.open("attempts/?kind=enrol&outcome=accepted")
    mine = page.get_by_role("row").filter(has_text="A person whose enrolment is looked at")
    mine.get_by_role("link").click()
    steps = page.locator(".steps > li .title")
    told = steps.all_inner_texts()
    begun = ["An enrolment began", "The passkey was proven", "Challenge 1 was issued"]
    judged = ["A sealed sample arrived", "The face was accepted", "The sample was erased"]
    order = [*begun, *judged, "The result was taken over, once"]
    met = [title for title in told if title in order]
    # A busy machine may lose a first sample, which is erased as well.
    assert (met[:3], met[-4:]) == (begun, order[-4:])
    assert not re.search(
        r"score|distance|similarity", " ".join(page.locator(".steps").all_inner_texts()), re.I
    )


def test_the_audit_log_is_filtered_and_its_chain_verified(admin: Administrator, person: Person) -> None:
    page = admin.open("audit/")
    page.get_by_label("Event", exact=True).select_option("privacy:consent:given")
    page.get_by_role("button", name="Filter").click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.nth(1)).to_contain_text(str(Tag.CONSENT_GIVEN.words))
    assert all(str(Tag.CONSENT_GIVEN.words) in row for row in rows.all_inner_texts()[1:])
    page.get_by_role("link", name="Clear", exact=True).click()
    page.get_by_role("link", name="Verify the log").click()
    page.get_by_role("button", name="Verify it now").click()
    expect(page.get_by_text("The log is being checked")).to_be_visible()
    page.get_by_role("link", name="Audit log", exact=True).first.click()
    page.get_by_role("link", name="Verify the log").click()
    expect(page.get_by_role("heading", name="The log is whole")).to_be_visible(timeout=30_000)
    expect(page.locator(".message.good").filter(has_text="checked; none altered")).to_be_visible()
