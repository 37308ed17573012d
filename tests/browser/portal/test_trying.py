"""Trying a relying party out: the test sign-in, and the bench that shows what a site rejects (S6.2-08)."""

import pytest
from playwright.sync_api import Page, expect

from devtools.stack.stack import Stack
from tests.browser.capture.person import AUTHENTICATOR
from tests.browser.looks import assert_looks_right
from tests.browser.portal.careless import careless
from tests.browser.portal.conftest import Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]
BAD = 8
ENDS_MS = 90_000


def change(stack: Stack, client_id: str, **settings: str) -> None:
    stack.python(
        "from authsvc.clients.models import RelyingParty\n"
        "from authsvc.clients.services import change\n"
        f"change(party=RelyingParty.objects.get(client_id={client_id!r}), **{settings!r})"
    )


def put_in_test(stack: Stack, client_id: str) -> None:
    """As every relying party of an organisation begins whose people are no test persons."""
    stack.python(
        "from authsvc.clients.models import RelyingParty\n"
        "from authsvc.clients.settings.life import STAGE, TEST\n"
        f"party = RelyingParty.objects.get(client_id={client_id!r})\n"
        "STAGE.put(party, TEST)\n"
        "party.save()"
    )


def words(page: Page) -> list[str]:
    """What the bench says of the site, case by case."""
    return page.get_by_role("table").locator("tbody .badge").all_inner_texts()


@pytest.mark.requirement("S6.2-08")
def test_the_partner_site_rejects_every_bad_token_and_goes_live(admin: Administrator, stack: Stack) -> None:
    starts = f"{stack.partner_url}/oidc/authenticate/?acr=urn:visor:L2&max_age=60"
    change(stack, "partner", initiate_login_uri=starts, signed_in_uri=f"{stack.partner_url}/members")
    put_in_test(stack, "partner")
    page = admin.open("relying-parties/")
    page.get_by_role("link", name="Harbour Credit Union").click()
    expect(page.get_by_text("In test: nobody can sign in there yet.")).to_be_visible()
    page.get_by_role("link", name="Test bench").click()
    assert_looks_right(page, "a bench that has not run")
    page.get_by_role("button", name="Run the test bench").click()
    expect(page.get_by_text("The bench is at work.")).to_be_visible()
    # Nobody reloads: the page follows.
    expect(page.get_by_text("Every bad token was rejected.")).to_be_visible(timeout=ENDS_MS)
    assert words(page) == ["Let in", *["Rejected"] * BAD]
    assert_looks_right(page, "a bench that was passed")
    page.get_by_role("button", name="Let it live").click()
    expect(page.get_by_text("It is live: people can sign in there")).to_be_visible()
    expect(page.get_by_text("In test: nobody can sign in there yet.")).to_have_count(0)


@pytest.mark.requirement("S6.2-08")
def test_a_careless_site_is_found_out_and_stays_in_test(admin: Administrator, stack: Stack) -> None:
    page = admin.page
    with careless() as site:
        admin.register("Careless Ltd", f"{site.url}/cb")
        site.issuer = page.get_by_label("issuer", exact=True).inner_text()
        site.client_id = page.get_by_label("client id", exact=True).inner_text()
        site.secret = page.get_by_label("client secret", exact=True).inner_text()
        put_in_test(stack, site.client_id)
        page.get_by_role("link", name="Test bench").click()
        expect(page.get_by_text("Two addresses are needed first")).to_be_visible()
        page.get_by_role("link", name="Set them under Advanced").click()
        page.get_by_text("Where people return to", exact=True).click()
        page.get_by_label("Address that starts a sign-in").fill(f"{site.url}/start")
        page.get_by_label("A page for who is signed in").fill(f"{site.url}/members")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="Test bench").click()
        page.get_by_role("button", name="Run the test bench").click()
        expect(page.get_by_text("It let a bad token in.")).to_be_visible(timeout=ENDS_MS)
        assert words(page) == ["Let in"] * (1 + BAD)
        assert_looks_right(page, "a bench that was not passed")
        expect(page.get_by_role("button", name="Let it live")).to_have_count(0)
        refused = page.request.get(f"{site.issuer}authorize?client_id={site.client_id}")
        assert "This site is being tested" in refused.text()


def test_a_test_sign_in_shows_the_token_beside_the_trace_and_signs_nobody_in(
    admin: Administrator, stack: Stack
) -> None:
    page = admin.page
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    page.goto(stack.new_link("Tess Tester"))
    page.get_by_role("button", name="Only a passkey").click()
    page.locator('[data-act="passkey"]:visible').click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("All set")
    admin.register("Trial Run", "https://trial.example/cb")
    before = {cookie["name"] for cookie in page.context.cookies()}
    page.get_by_role("button", name="Test sign-in").click()
    page.locator('[data-act="passkey"]:visible').click()
    expect(page.get_by_text("It would have signed in.")).to_be_visible()
    token = page.locator(".claims")
    expect(token).to_contain_text("urn:visor:L2")
    expect(page.locator(".steps")).to_contain_text("The passkey was proven")
    assert_looks_right(page, "a test sign-in")
    after = {cookie["name"] for cookie in page.context.cookies()}
    assert not [name for name in after - before if "session" in name], after
    answer = page.request.get(
        f"{admin.base}/t/demo/authorize",
        params={
            "client_id": "partner",
            "response_type": "code",
            "scope": "openid",
            "prompt": "none",
            "redirect_uri": f"{stack.partner_url}/oidc/callback/",
        },
        max_redirects=0,
    )
    assert "login_required" in answer.headers["location"]
