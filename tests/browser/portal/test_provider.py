"""The provider's screens: a token that registers a site once, keys that rotate, and a revoked one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_looks_right, assert_tab_follows_the_page
from tests.browser.portal.conftest import Administrator, long_ago

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def keys(stack: Stack) -> Iterator[None]:
    """Keys of the demo tenant whose next ones have been published for an hour."""
    stack.python(
        "from datetime import timedelta\n"
        "from authsvc.core.clock import now\n"
        "from authsvc.keys.models import SigningKey\n"
        "from authsvc.keys.signing import ensure_keys\n"
        "ensure_keys()\n"
        "SigningKey.objects.filter(state='next').update(state_changed_at=now() - timedelta(hours=2))"
    )
    yield
    stack.python(
        "from authsvc.oidc.offering.options import set_options\nset_options(dynamic_registration=False)"
    )


@pytest.fixture
def scriptless(admin: Administrator, browser: Browser) -> Iterator[Page]:
    """The same administrator in a browser that runs no script."""
    context = browser.new_context(storage_state=admin.page.context.storage_state(), java_script_enabled=False)
    yield context.new_page()
    context.close()


def register(page: Page, stack: Stack, token: str) -> int:
    """Try to register a site with an initial access token; the status of the answer."""
    answer = page.request.post(
        f"{stack.base_url}/t/demo/register",
        data={"client_name": "Itself", "redirect_uris": ["https://itself.example/callback"]},
        headers={"Authorization": f"Bearer {token}"},
    )
    return answer.status


def make_token(page: Page, note: str, uses: int = 1) -> str:
    page.get_by_role("link", name="New token").first.click()
    page.get_by_label("What it is for").fill(note)
    page.get_by_label("Registrations").fill(str(uses))
    page.get_by_role("button", name="Create the token").click()
    return page.get_by_label("initial access token", exact=True).inner_text()


def test_a_token_is_shown_once_registers_and_is_revoked(
    admin: Administrator, stack: Stack, keys: None
) -> None:
    page = admin.open("provider/")
    expect(page.get_by_label("discovery address", exact=True)).to_have_text(
        f"{stack.base_url}/t/demo/.well-known/openid-configuration"
    )
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_text("Dynamic registration is off")).to_be_visible()
    page.get_by_role("link", name="Change what the provider offers").click()
    page.get_by_label("Dynamic registration").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="in force")).to_be_visible()

    page.get_by_role("link", name="Tokens").click()
    first, second = make_token(page, "Harbour"), make_token(page, "Corner Shop", uses=2)
    assert_looks_right(page, "token shown")
    admin.open("provider/tokens/")
    assert first not in page.content()
    assert second not in page.content()
    assert register(page, stack, second) == 201
    page.get_by_role("button", name="Revoke the token for Corner Shop").click()
    expect(page.get_by_role("status")).to_contain_text("registers nobody any more")
    assert register(page, stack, second) == 401
    assert register(page, stack, first) == 201
    assert register(page, stack, first) == 401


def test_mistakes_stand_beside_their_fields(admin: Administrator) -> None:
    page = admin.open("provider/tokens/new/")
    page.get_by_label("Days").fill("365")
    page.get_by_role("button", name="Create the token").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#id_days_error")).to_contain_text("90")
    expect(page.locator("#id_note_error")).to_be_visible()
    assert_looks_right(page, "token refused")
    page = admin.open("provider/statements/new/")
    page.get_by_label("Issuer").fill("https://authority.example")
    page.get_by_label("Its public keys").fill('{"keys": [{"kty": "oct", "k": "AAAA"}]}')
    page.get_by_role("button", name="Trust it").click()
    expect(page.locator("#id_keys_error")).to_contain_text("private or symmetric")
    expect(page.get_by_label("Its public keys")).to_have_attribute("aria-invalid", "true")


def test_a_key_is_rotated_and_revoked_without_script(
    admin: Administrator, scriptless: Page, stack: Stack, keys: None
) -> None:
    page = scriptless
    page.goto(f"{admin.portal}provider/keys/")
    table = page.get_by_role("table", name="Published ES256 keys")
    staged = table.get_by_role("rowheader").first.inner_text()
    page.get_by_role("button", name="Rotate now ES256").click()
    expect(page.get_by_role("status")).to_contain_text("The next ES256 key signs")
    row = table.get_by_role("row").filter(has_text=staged)
    expect(row).to_contain_text("Current")
    expect(page.get_by_role("button", name="Rotate now ES256")).to_have_count(0)

    row.get_by_role("link", name=f"Revoke key {staged}").click()
    expect(page.get_by_text("The next key is younger than an hour and two minutes.")).to_be_visible()
    page.get_by_role("link", name="Keep it").click()
    expect(row).to_contain_text("Current")
    row.get_by_role("link", name=f"Revoke key {staged}").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_role("status")).to_contain_text(f"{staged} is revoked")
    expect(table).not_to_contain_text(staged)
    expect(page.get_by_role("table", name="Keys that have left")).to_contain_text(staged)
    answer = page.request.get(f"{stack.base_url}/t/demo/jwks")
    assert staged not in answer.text()


def test_revoking_asks_who_signed_in_long_ago_to_prove_themselves(
    admin: Administrator, stack: Stack, keys: None
) -> None:
    long_ago(stack)
    page = admin.open("provider/keys/")
    page.get_by_role("link", name="Revoke key").first.click()
    expect(page.get_by_role("heading", name="What breaks")).to_be_visible()
    assert_looks_right(page, "revoke")
    assert_tab_follows_the_page(page, "revoke")
    page.get_by_role("button", name="Revoke the key").click()
    assert_looks_right(page, "confirm")
    admin.confirm()
    expect(page.get_by_role("status")).to_contain_text("is revoked")
