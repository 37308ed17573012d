"""An administrator's ways in: password and app, passkey alone; and never the password alone."""

import pytest
from playwright.sync_api import expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator, long_ago

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.requirement("S9.4-01")]


def test_the_first_sign_in_enrols_an_app_and_the_next_asks_for_its_code(newcomer: Administrator) -> None:
    page = newcomer.page
    newcomer.give_password()
    expect(page.get_by_role("heading", name="Protect your account")).to_be_visible()
    page.goto(newcomer.portal)
    expect(page.get_by_role("heading", name="Protect your account")).to_be_visible()
    newcomer.enrol_app()
    expect(page.get_by_role("heading", name="You have no recovery codes")).to_be_visible()
    page.get_by_role("link", name="Make recovery codes").click()
    page.get_by_role("button", name="Make ten codes").click()
    recovery = page.locator("#recovery-codes").inner_text().split()
    assert len(recovery) == 10
    assert_looks_right(page, "recovery codes")
    page.get_by_role("link", name="Go on to the portal").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    newcomer.sign_out()
    newcomer.give_password()
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Incorrect code")
    page.get_by_label("Code").fill(recovery[0])
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_a_passkey_is_enrolled_opens_the_portal_alone_and_confirms_an_act(
    newcomer: Administrator, stack: Stack
) -> None:
    page = newcomer.page
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    newcomer.give_password()
    page.get_by_role("link", name="A passkey").click()
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_role("link", name="Go on to the portal").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    newcomer.sign_out()
    page.goto(f"{newcomer.base}/portal/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    long_ago(stack)
    page = newcomer.open("people/new/")
    page.get_by_label("Name", exact=True).fill("Ada of the passkey")
    page.get_by_role("button", name="Create the link").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert_looks_right(page, "confirm with a passkey")
    page.get_by_role("button", name="Confirm with a passkey").click()
    expect(page.get_by_role("heading", name="Ada of the passkey")).to_be_visible()


def test_the_demo_s_administrator_gets_in_with_what_the_demo_prints(
    newcomer: Administrator, stack: Stack
) -> None:
    newcomer.email, newcomer.password = stack.demo["admin"]["email"], stack.demo["admin"]["password"]
    newcomer.give_password()
    expect(newcomer.page.get_by_role("heading", name="Protect your account")).to_be_visible()


def test_a_wrong_password_says_no_more_than_that(newcomer: Administrator) -> None:
    newcomer.password = "not the pass phrase"
    newcomer.give_password()
    alert = newcomer.page.get_by_role("alert")
    expect(alert).to_contain_text("password is wrong")
    expect(alert).to_be_focused()
