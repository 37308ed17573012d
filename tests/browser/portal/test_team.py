"""The team: somebody is invited, joins, is disabled; and a risky change waits for a second administrator."""

import secrets
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.stack.stack import Stack
from tests.browser.looks import assert_looks_right
from tests.browser.portal.conftest import PASSWORD, Administrator

pytestmark = [pytest.mark.e2e, pytest.mark.browser]


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Somebody else's browser."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def invitation(stack: Stack, email: str) -> str:
    """Invite somebody, and return the link that the mail holds."""
    made: str = stack.python(
        "from authsvc.management import team\n"
        "from authsvc.management.actors import System\n"
        f"made = team.invite(by=System('test'), email={email!r}, role='admin')\n"
        "print(json.dumps(made[1]))"
    )
    return f"{stack.base_url}/account/join/demo/{made}/"


@pytest.mark.requirement("S9.4-01")
def test_t11_a_member_is_invited_joins_and_is_disabled(
    admin: Administrator, stranger: Page, stack: Stack
) -> None:
    page, email = admin.open("team/"), f"{secrets.token_hex(4)}@demo.example"
    page.get_by_role("link", name="Invite a member").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("status")).to_contain_text("on its way")
    assert_looks_right(page, "team")

    stranger.goto(invitation(stack, email))
    assert_looks_right(stranger, "join")
    stranger.get_by_label("Your name").fill("Grace Hopper")
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Join").click()
    expect(stranger.get_by_text("Your account is ready")).to_be_visible()
    stranger.get_by_label("E-mail address").fill(email)
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    expect(stranger.get_by_role("heading", name="Protect your account")).to_be_visible()

    page = admin.open("team/")
    page.get_by_role("link", name="Grace Hopper").click()
    assert_looks_right(page, "member")
    page.get_by_role("button", name="Disable", exact=True).click()
    page.get_by_role("button", name="Disable the member").click()
    expect(page.get_by_role("status")).to_contain_text("sessions have ended")
    stranger.goto(f"{stack.base_url}/portal/demo/")
    expect(stranger.get_by_role("heading", name="Sign in to the portal")).to_be_visible()


@pytest.fixture
def live(admin: Administrator, stack: Stack) -> tuple[str, str]:
    """A live tenant that the administrator and a colleague own, and its relying party."""
    slug = f"live-{secrets.token_hex(4)}"
    party = stack.python(
        "from authsvc.clients.services import register\n"
        "from authsvc.tenancy.memberships.models import Membership\n"
        "from authsvc.tenancy.models import Tenant\n"
        "from authsvc.tenancy.scope import tenant_scope\n"
        "from portal.accounts.models import User\n"
        f"made = Tenant.objects.create(slug={slug!r}, name='Live Bank', kind='live')\n"
        f"colleague = User.objects.create_user('{slug}@bank.example')\n"
        f"for user in (User.objects.get(email={admin.email!r}), colleague):\n"
        "    Membership.objects.create(user=user, tenant=made, role='owner')\n"
        "with tenant_scope(made.id):\n"
        "    party, _ = register(name='Harbour', redirect_uris=['https://harbour.example/cb'])\n"
        "print(json.dumps(party.pk))"
    )
    return slug, str(party)


@pytest.mark.requirement("S9.4-02")
def test_a_new_return_address_of_a_live_site_waits_for_a_second_administrator(
    admin: Administrator, stack: Stack, live: tuple[str, str]
) -> None:
    slug, party = live
    page = admin.page
    page.goto(f"{stack.base_url}/portal/{slug}/relying-parties/{party}/edit/")
    page.get_by_label("Redirect URIs", exact=True).fill(
        "https://harbour.example/cb\nhttps://harbour.example/second"
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Another administrator has to agree")).to_be_visible()
    assert_looks_right(page, "ask")
    page.get_by_label("Why is it needed?").fill("They opened a second site.")
    page.get_by_role("button", name="Ask for agreement").click()
    expect(page.get_by_text("https://harbour.example/second")).to_be_visible()
    expect(page.get_by_role("button", name="Agree, and do it now")).to_have_count(0)
    assert_looks_right(page, "approval")
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="Look at it").click()
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()
    assert_looks_right(page, "approvals")

    stack.python(  # the colleague asked for it, then
        "from authsvc.management.models import Approval\n"
        "from authsvc.tenancy.models import Tenant\n"
        "from authsvc.tenancy.scope import tenant_scope\n"
        "from portal.accounts.models import User\n"
        f"with tenant_scope(Tenant.objects.get(slug={slug!r}).id):\n"
        f"    Approval.objects.update(asked_by=User.objects.get(email='{slug}@bank.example').pk)"
    )
    page.get_by_role("link", name="Change a relying party").click()
    page.get_by_role("button", name="Agree, and do it now").click()
    expect(page.get_by_role("status").filter(has_text="It is done")).to_be_visible()
    page.goto(f"{stack.base_url}/portal/{slug}/relying-parties/{party}/")
    expect(page.get_by_text("https://harbour.example/second").first).to_be_visible()
