"""The policy from draft to version: tried against attempts, published, compared, and gone back from."""

import pytest
from playwright.sync_api import Page, expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_nothing_is_cut_off, problems_of
from tests.browser.portal.conftest import Administrator
from tests.campaign import Size

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.requirement("S9.4-02")]
LONG = "Żywia-Katarzyna Wiśniewska-Brzęczyszczykiewicz von und zu Hohenlohe-Schillingsfürst-Waldenburg"
PAGES = (
    *("", "draft/", "change/strictness/", "change/pictures/", "try/", "try/people/", "parties/"),
    *("versions/compare/?before=0&after=1", "versions/1/", "versions/0/"),
    *("change/models/", "change/quiet/", "change/region/"),
)
SEED = f"""
from authsvc.clients.models import RelyingParty
from tests.ended import many
from tests.factories import make_party, make_subject
if not RelyingParty.objects.filter(name="Library").exists():
    bank = make_party(name="Quayside Credit Union, for its new mobile application", floor_level="L2")
    library = make_party(name="Library")
    people = [make_subject(name=name) for name in ("Ines Moreau", {LONG!r}, "Jonas Weber")]
    many(90, [bank, library], people)
"""


@pytest.fixture
def attempts(stack: Stack) -> None:
    """Sign-ins of three people at two sites, of every kind."""
    stack.python(SEED)


def draft_phones(admin: Administrator) -> Page:
    """Let the draft say that no phone takes a sign-in over."""
    page = admin.open("policies/change/phones/")
    page.get_by_label("Not at all").check()
    page.get_by_role("button", name="Put it into the draft").click()
    expect(page.get_by_role("heading", name="Draft", exact=True)).to_be_visible()
    return page


@pytest.mark.usefixtures("attempts")
def test_a_draft_is_tried_published_compared_and_gone_back_from(admin: Administrator) -> None:
    page = admin.open("policies/")
    before = page.get_by_text("A phone may take a sign-in over by a number of 2 digits.")
    expect(before).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Signing in with a phone beside")
    row.get_by_role("link", name="Change").click()
    page.get_by_label("Not at all").check()
    page.get_by_role("button", name="Put it into the draft").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody is judged by it yet")
    expect(page.get_by_role("row").filter(has_text="2 digits")).to_contain_text("stays on the device")

    page.get_by_role("link", name="Try it").click()
    expect(page.get_by_text("would be refused that are let in now")).to_be_visible()
    expect(page.get_by_text("A second device took it over, which nobody may").first).to_be_visible()
    page.get_by_role("link", name="Quayside Credit Union").click()
    expect(page.get_by_role("heading", name="Whom it would touch")).to_be_visible()
    page.get_by_label("What happens").select_option("refused")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Ines Moreau").click()
    expect(page.get_by_role("heading", name="Ines Moreau")).to_be_visible()

    page = admin.open("policies/draft/")
    page.get_by_role("button", name="Publish").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Not yet")).to_be_focused()
    dialog.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").first).to_contain_text("Published. Version")
    expect(page.get_by_text("Each sign-in stays on the device on which it began.").first).to_be_visible()
    # A reload does nothing twice.
    page.reload()
    expect(page.get_by_text("Published. Version")).to_have_count(0)

    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("row").filter(has_text="2 digits")).to_contain_text("stays on the device")

    page = admin.open("policies/versions/0/")
    page.get_by_role("button", name="Go back to it").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Go back to it").click()
    expect(page.get_by_role("status").first).to_contain_text("It says what version 0 said")
    expect(before).to_be_visible()


@pytest.mark.usefixtures("attempts")
def test_a_relying_partys_floor_is_raised_in_the_draft_and_the_draft_thrown_away(
    admin: Administrator,
) -> None:
    page = admin.open("policies/")
    row = page.get_by_role("row").filter(has_text="What sites ask of people")
    row.get_by_role("link", name="Change").click()
    page.get_by_label("Name or client id").fill("Library")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name="Library").first.click()
    expect(page.get_by_label("L4 –")).to_be_disabled()
    expect(page.get_by_text("cannot be reached here now")).to_be_visible()
    page.get_by_label("L2 –").check()
    page.get_by_label("Least assurance by scope").fill("address L2")
    page.get_by_role("button", name="Put it into the draft").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Least assurance by scope")).to_contain_text("address L2")
    page.get_by_role("button", name="Throw the draft away").click()
    page.get_by_role("dialog").get_by_role("button", name="Throw it away").click()
    expect(page.get_by_role("status")).to_contain_text("The draft is thrown away")


def test_strictness_shows_what_was_measured_by_group(admin: Administrator) -> None:
    page = admin.open("policies/change/strictness/")
    expect(page.get_by_role("table").first).to_contain_text("3e-5")
    expect(page.get_by_role("table").nth(1)).to_contain_text("Holds")
    page.get_by_label("Of 33,000 strangers").check()
    page.get_by_role("button", name="Put it into the draft").click()
    expect(page.get_by_role("row").filter(has_text="33,000")).to_contain_text("10,000")


@pytest.mark.usefixtures("attempts")
def test_every_page_of_the_policies_looks_right(admin: Administrator, stack: Stack, size: Size) -> None:
    chosen = size("pages looked at", sample=3, whole=len(PAGES))
    stack.python(
        "from authsvc.policy.services import publish_handoff, publish_region\n"
        "publish_handoff(digits=4, near=True, published_by='a-colleague-with-a-long-name@demo.example')"
    )
    draft_phones(admin)
    for path in PAGES[:: len(PAGES) // chosen]:
        page = admin.open(f"policies/{path}")
        assert problems_of(page) == {}, path
        assert_nothing_is_cut_off(page, 641, path)
    page = admin.open("policies/parties/")
    page.get_by_role("link", name="Quayside").first.click()
    assert problems_of(page) == {}
