"""An administrator's ways in: password and app, passkey alone; and never the password alone."""

import pytest
from playwright.sync_api import expect

from devtools.stack.stack import Stack
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.requirement("S9.4-01")]


def test_the_first_sign_in_enrols_an_app_and_the_next_asks_for_its_code(newcomer: Administrator) -> None:
    page = newcomer.page
    newcomer.give_password()
    expect(page.get_by_role("heading", name="Protect your account")).to_be_visible()
    page.goto(newcomer.portal)
    expect(page.get_by_role("heading", name="Protect your account")).to_be_visible()
    newcomer.enrol_app()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="Go on to the portal").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()

    newcomer.sign_out()
    newcomer.give_password()
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("Incorrect code")
    newcomer.give_code()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_a_passkey_is_enrolled_and_opens_the_portal_alone(newcomer: Administrator) -> None:
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
    expect(alert).to_contain_text("not correct")
    expect(alert).to_be_focused()
