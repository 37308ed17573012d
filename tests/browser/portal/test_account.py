"""An administrator's own account: sessions that end elsewhere, and the zone that times are shown in."""

import pytest
from playwright.sync_api import expect

from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
TOKYO = "Asia/Tokyo"


def test_a_session_elsewhere_is_ended_and_times_are_those_of_the_chosen_zone(admin: Administrator) -> None:
    # Another device: it has the same cookies, and then a session of its own, as each sign-in gives one.
    elsewhere = Administrator(
        admin.page.context.browser.new_context().new_page(), admin.base, admin.email, app_key=admin.app_key
    )
    elsewhere.give_password()
    admin.page.wait_for_timeout(1000 * (31 - admin_second(admin)))
    elsewhere.give_code()
    expect(elsewhere.page.get_by_role("heading", name="Overview")).to_be_visible()

    page = admin.page
    page.get_by_role("button", name="your account").click()
    page.get_by_role("link", name="My account").click()
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    assert_looks_right(page, "my account")
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.get_by_role("status").first).to_contain_text("Signed out there.")
    elsewhere.page.goto(elsewhere.portal)
    expect(elsewhere.page.get_by_role("heading", name="Sign in to the portal")).to_be_visible()

    page.get_by_label("Time zone").select_option(TOKYO)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-zone", TOKYO)
    moment = admin.open("audit/").locator("time[data-when]").first
    shown = page.evaluate(
        "(at) => new Date(at).toLocaleTimeString('en',"
        " { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'Asia/Tokyo' })",
        moment.get_attribute("datetime"),
    )
    expect(moment).to_contain_text(shown)


def admin_second(admin: Administrator) -> int:
    """The second of the half minute: a code counts once, and the last one was this half minute's."""
    return int(admin.page.evaluate("Math.floor(Date.now() / 1000) % 30"))
