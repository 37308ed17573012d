"""One real attempt explained, and the audit log behind it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

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
    order = [
        "An enrolment began",
        "The passkey was proven",
        "Challenge 1 was issued",
        "A sealed sample arrived",
        "The face was accepted",
        "The sample was erased",
        "The result was taken over, once",
    ]
    assert [title for title in told if title in order] == order
    assert not re.search(
        r"score|distance|similarity", " ".join(page.locator(".steps").all_inner_texts()), re.I
    )


def test_the_audit_log_is_filtered_and_its_chain_verified(admin: Administrator, person: Person) -> None:
    page = admin.open("audit/")
    page.get_by_label("Event").select_option("privacy:consent:given")
    page.get_by_role("button", name="Filter").click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("privacy:consent:given")
    assert all("privacy:consent:given" in row for row in rows.all_inner_texts()[1:])
    page.get_by_role("link", name="Clear").click()
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_role("status")).to_contain_text("The chain is whole")
