"""The first steps of a new organisation: each leads to where it is done, and shows then that it is."""

import secrets

import pytest
from playwright.sync_api import expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


def test_a_new_organisation_is_led_through_its_first_steps(admin: Administrator, stack: Stack) -> None:
    slug = f"new-{secrets.token_hex(4)}"
    stack.python(
        "from authsvc.management.tenants import found_tenant\n"
        "from authsvc.tenancy.memberships.models import Membership\n"
        "from portal.accounts.models import User\n"
        f"made = found_tenant(slug={slug!r}, name='Orchard', kind='sandbox', actor='a test')\n"
        f"Membership.objects.create(user=User.objects.get(email={admin.email!r}), tenant=made, role='owner')"
    )
    page = admin.page
    page.goto(f"{stack.base_url}/portal/{slug}/")
    expect(page.get_by_role("heading", name="Get started")).to_be_visible()
    assert_looks_right(page, "get started")
    for link, button in (
        ("Read what sign-ins are judged by", "I have read it, and it may stay so"),
        ("Know how long everything is kept", "I have read it"),
    ):
        page.get_by_role("link", name=link).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_looks_right(page, link)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("listitem").filter(has_text=link)).to_contain_text("(done)")
    page.get_by_role("link", name="Register a relying party").click()
    expect(page.get_by_label("A website with a server")).to_be_visible()
