"""People from a table: looked at line by line, entered while nobody waits, links taken away."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
ENDS_MS = 60_000


def test_people_are_entered_from_a_spreadsheets_file(admin: Administrator, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    lines = [f"Traveller {number};T-{number};" for number in range(60)]
    file.write_bytes("\r\n".join(["Name;Nummer;E-Mail", "Zoë Łuk;T-x;zoe", *lines]).encode("utf-16"))
    page = admin.open("people/")
    page.get_by_role("link", name="From a table (CSV)").click()
    assert_looks_right(page, "a table is asked for")
    page.get_by_label("File", exact=True).set_input_files(file)
    expect(page.get_by_text("60 people would be entered and invited.")).to_be_visible()
    page.get_by_role("link", name="Wrong", exact=True).click()
    expect(page.get_by_role("table").get_by_text("This is no e-mail address.")).to_be_visible()
    assert_looks_right(page, "a table that was looked at")

    page.get_by_role("button", name="Enter 60 people").click()
    # Left, and found again.
    page.goto(f"{admin.portal}people/import/")
    page.get_by_role("link", name="people.csv").first.click()
    expect(page.get_by_text("60 people were entered and invited.")).to_be_visible(timeout=ENDS_MS)
    assert_looks_right(page, "a table that is done")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Take the 60 links as a table").click()
    text = taken.value.path().read_text(encoding="utf-8")
    assert text.count("/enrol/") == 60

    page.goto(f"{admin.portal}people/import/")
    page.get_by_label("File", exact=True).set_input_files(file)
    expect(page.get_by_text("60 are there already and stay as they are.")).to_be_visible()
