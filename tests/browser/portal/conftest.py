"""An administrator in front of the portal of the running product."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from playwright.sync_api import Page, expect

from devtools.stack.stack import Stack

PASSWORD = "a pass phrase of the tests"
# What a page may do is decided by its content security policy; each break of it is reported by an event.
WATCH = """
addEventListener("securitypolicyviolation", (event) => {
  console.error("broke the policy:", event.violatedDirective, event.blockedURI);
});
"""


@dataclass
class Administrator:
    """A person with an account, a browser, and the key of an authenticator app once enrolled."""

    page: Page
    base: str
    email: str
    password: str = PASSWORD
    app_key: str = field(default="", repr=False)

    @property
    def portal(self) -> str:
        """Where the demo tenant's screens begin."""
        return f"{self.base}/portal/demo/"

    def code(self) -> str:
        """The six digits that the app shows, and for five seconds more at least."""
        left = 30 - time.time() % 30
        if left < 5:
            time.sleep(left)
        return format_hotp_value(hotp_value(self.app_key, int(time.time()) // 30))

    def confirm(self) -> None:
        """Prove oneself again, on the page that an act asks for it."""
        expect(self.page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
        # A code counts once, and the last one may have been this half minute's.
        time.sleep(31 - time.time() % 30)
        self.page.get_by_label("Code").fill(self.code())
        self.page.get_by_role("button", name="Confirm and go on").click()

    def give_password(self) -> None:
        self.page.goto(f"{self.base}/portal/")
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def give_code(self) -> None:
        self.page.get_by_label("Code").fill(self.code())
        self.page.get_by_role("button", name="Continue").click()

    def enrol_app(self) -> None:
        """Scan (here: read) the key and confirm it; ends on the account's factors."""
        self.page.get_by_role("link", name="An authenticator app").click()
        self.page.get_by_text("No camera? Type the key").click()
        self.app_key = self.page.get_by_label("key", exact=True).inner_text()
        self.page.get_by_label("Authenticator code").fill(self.code())
        self.page.get_by_role("button", name="Activate").click()

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="your account").click()
        self.page.get_by_role("button", name="Sign out").click()

    def register(self, name: str, *addresses: str, kind: str = "A website with a server") -> None:
        """Register a relying party by the three steps; ends on its page."""
        page = self.open("relying-parties/new/")
        page.get_by_label(kind).check()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Next").click()
        page.get_by_label("Redirect URIs", exact=True).fill("\n".join(addresses))
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()

    def open(self, path: str) -> Page:
        """Go to a screen of the tenant."""
        self.page.goto(f"{self.portal}{path}")
        return self.page


@pytest.fixture
def watched(page: Page) -> Iterator[Page]:
    """A browser page on which no script fails and nothing breaks the content security policy."""
    problems: list[str] = []
    page.add_init_script(WATCH)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if "policy" in said.text.lower() else None)
    yield page
    assert problems == []


def long_ago(stack: Stack) -> None:
    """Let every administrator have proven long ago who they are."""
    stack.python(
        "from portal.accounts.models import AdministratorSession\n"
        "from portal.accounts.sessions import SessionStore\n"
        "for row in AdministratorSession.objects.all():\n"
        "    data = row.get_decoded()\n"
        "    for entry in data.get('account_authentication_methods', []):\n"
        "        entry['at'] -= 3600\n"
        "    row.session_data = SessionStore().encode(data)\n"
        "    row.save()"
    )


@pytest.fixture
def email() -> str:
    """The address of who comes; a test that needs another one has its own."""
    return f"{secrets.token_hex(4)}@demo.example"


@pytest.fixture
def newcomer(stack: Stack, watched: Page, email: str) -> Administrator:
    """Somebody who has an account and no second factor yet."""
    stack.python(
        "from authsvc.management.actors import System\n"
        "from portal.accounts.services import create_administrator\n"
        f"create_administrator(by=System('test'), email={email!r}, "
        f"password={PASSWORD!r}, tenant=tenant, role='owner')"
    )
    return Administrator(watched, stack.base_url, email)


@pytest.fixture
def admin(newcomer: Administrator, stack: Stack) -> Administrator:
    """An owner of the demo tenant who has just signed in with password and code."""
    newcomer.app_key = generate_totp_secret()
    stack.python(
        "from allauth.mfa.totp.internal.auth import TOTP\n"
        "from portal.accounts.models import User\n"
        f"TOTP.activate(User.objects.get(email={newcomer.email!r}), {newcomer.app_key!r})"
    )
    newcomer.give_password()
    newcomer.give_code()
    expect(newcomer.page.get_by_role("heading", name="Overview")).to_be_visible()
    return newcomer
