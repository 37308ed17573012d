"""The partner's pages on a phone and on a desk, light and dark, before and after signing in."""

import pytest
from playwright.sync_api import Page

from devtools.phone.phone import Person, SoftwarePhone
from devtools.stack.stack import Stack
from tests.browser.axe import violations
from tests.browser.looks import (
    NARROW,
    assert_looks_right,
    assert_nothing_is_cut_off,
    assert_tab_follows_the_page,
)
from tests.journeys.ends.naming import LONG

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.needs("photos", "node")]


def test_the_pages_that_anyone_sees_look_right(stack: Stack, page: Page) -> None:
    for path in ("/", "/nothing", "/oidc/callback/?error=access_denied&state=unknown"):
        page.goto(f"{stack.partner_url}{path}")
        assert_looks_right(page, path)
        assert violations(page) == [], path
    page.goto(stack.partner_url)
    assert_tab_follows_the_page(page, "front page")


def test_the_pages_of_a_member_look_right(stack: Stack, page: Page, person: Person) -> None:
    phone = SoftwarePhone(person)
    phone.sign_in(f"{stack.partner_url}/members", face=False)
    page.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": stack.partner_url}
            for cookie in phone.browser.session.cookies
        ]
    )
    for path in ("/", "/members", "/statement", "/sign-out"):
        page.goto(f"{stack.partner_url}{path}")
        assert page.url == f"{stack.partner_url}{path}"
        assert_looks_right(page, path)
        assert violations(page) == [], path
        page.locator("h1").evaluate("(heading, name) => heading.append(name)", LONG)
        assert_nothing_is_cut_off(page, NARROW, path)
