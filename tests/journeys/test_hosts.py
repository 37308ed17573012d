"""Tenants at hosts of their own on one server: people enrol and sign in there, and nothing is shared."""

import secrets
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Error, Page

from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.requirement("S8.3-02")]
# A process looks anew after ten seconds where a tenant lives.
NOTICED_S = 20


@pytest.fixture(autouse=True)
def names_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let names under localhost be this machine's for the phone too, as they are for browsers (RFC 6761)."""
    look_up = socket.getaddrinfo

    def found(host: Any, *rest: Any, **more: Any) -> Any:
        return look_up("localhost" if str(host).endswith(".localhost") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)


class Home:
    """A tenant of the running product, and a site that people sign in to."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.slug = stack, f"h-{secrets.token_hex(4)}"
        self.client = stack.python(
            "from authsvc.clients.services import register\n"
            "from authsvc.management.tenants import found_tenant\n"
            f"made = found_tenant(slug={self.slug!r}, name='Host', kind='sandbox', actor='a test')\n"
            "with tenant_scope(made.id):\n"
            f"    party, _ = register(name='Shop', redirect_uris=[{self.answer!r}], scopes=['openid'])\n"
            "    print(json.dumps(party.client_id))"
        )

    @property
    def answer(self) -> str:
        return f"{self.stack.partner_url}/healthz"

    def link(self) -> str:
        return str(
            self.stack.python(
                "from authsvc.subjects.models import Subject\n"
                "from authsvc.enrolment.services import create_link\n"
                "person = Subject.objects.create(name='Somebody')\n"
                "print(json.dumps(create_link(subject=person, created_by='test')[1]))",
                tenant=self.slug,
            )
        )

    def move(self) -> str:
        """Let the tenant live at a host of its own, and return its issuer there."""
        self.stack.python(
            "from authsvc.management import hosts\n"
            "from authsvc.management.actors import COMMAND_LINE\n"
            f"hosts.ask(by=COMMAND_LINE, host='{self.slug}.localhost')\n",
            tenant=self.slug,
        )
        self.stack.python(
            "from authsvc.management import hosts\n"
            "from authsvc.management.actors import COMMAND_LINE\n"
            f"hosts.go_live(by=COMMAND_LINE, host='{self.slug}.localhost')\n",
            tenant=self.slug,
        )
        port = urlsplit(self.stack.base_url).port
        issuer = f"http://{self.slug}.localhost:{port}/t/{self.slug}/"
        self._wait_for(issuer)
        return issuer

    def _wait_for(self, issuer: str) -> None:
        deadline, discovery = time.monotonic() + NOTICED_S, f"{issuer}.well-known/openid-configuration"
        while (found := requests.get(discovery, timeout=30)).status_code != 200:
            assert time.monotonic() < deadline, found.status_code
            time.sleep(0.2)
        assert found.json()["issuer"] == issuer

    def start(self, issuer: str) -> str:
        """Return where a sign-in at the site begins."""
        asked = {
            "client_id": self.client,
            "redirect_uri": self.answer,
            "response_type": "code",
            "scope": "openid",
            "state": "s" * 24,
            "nonce": "n" * 24,
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        return f"{issuer}authorize?{urlencode(asked)}"

    def level_of_last_grant(self) -> list[Any]:
        found: list[Any] = self.stack.python(
            "from authsvc.oidc.models import Grant\n"
            "found = Grant.objects.latest('created_at')\n"
            "print(json.dumps([found.acr, found.amr]))",
            tenant=self.slug,
        )
        return found


def signed_in(phone: SoftwarePhone, start: str, **how: Any) -> str:
    """Sign in, and return the issuer that the relying party is told."""
    phone.sign_in(start, **how)
    [said] = parse_qs(urlsplit(phone.browser.visited[-1]).query)["iss"]
    return said


@pytest.mark.needs("photos")
def test_a_person_enrols_and_signs_in_at_a_host_and_nowhere_else(stack: Stack, photos: Path) -> None:
    home = Home(stack)
    issuer = home.move()
    face = Person(photographs.read(photos / "obama" / "01.jpg"))
    link = home.link()
    assert link.startswith(f"{issuer}enrol/")
    SoftwarePhone(face).enrol(link)
    assert {key.rp_id for key in face.authenticator.credentials} == {urlsplit(issuer).hostname}
    assert signed_in(SoftwarePhone(face), home.start(issuer)) == issuer
    assert "face" in home.level_of_last_grant()[1]
    with pytest.raises(Denied):
        SoftwarePhone(face).sign_in(home.start(f"{stack.base_url}/t/{home.slug}/"))


@pytest.mark.needs("photos")
@pytest.mark.whole
def test_a_passkey_from_before_goes_on_after_its_tenant_got_a_host(stack: Stack, photos: Path) -> None:
    home, before = Home(stack), f"{stack.base_url}/t/"
    face = Person(photographs.read(photos / "obama" / "01.jpg"))
    SoftwarePhone(face).enrol(home.link())
    old_link = home.link()
    issuer = home.move()
    assert signed_in(SoftwarePhone(face), home.start(issuer)) == issuer
    assert "face" in home.level_of_last_grant()[1]
    assert {key.rp_id for key in face.authenticator.credentials} == {"localhost"}
    # A link from a mail of before leads on, and what it makes is the tenant's all the same.
    assert old_link.startswith(before)
    assert requests.get(old_link, timeout=30, allow_redirects=False).headers["Location"].startswith(issuer)


MAKE = """async rpId => {
  const key = await navigator.credentials.create({ publicKey: {
    rp: { id: rpId, name: "x" }, user: { id: new Uint8Array(8), name: "x", displayName: "x" },
    challenge: new Uint8Array(32), pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    authenticatorSelection: { residentKey: "required" },
  } });
  return key.type;
}"""
STORE = """async () => {
  localStorage.setItem("visor", "here");
  await new Promise(done => { indexedDB.open("visor-shares", 1).onsuccess = done; });
  await caches.open("visor");
}"""
KEPT = """async () => [
  isSecureContext, Object.keys(localStorage), (await indexedDB.databases()).map(each => each.name),
  await caches.keys(), document.cookie,
]"""


@pytest.mark.browser
def test_a_browser_keeps_the_hosts_apart(stack: Stack, browser: Browser) -> None:
    here, there = (Home(stack).move() for _ in range(2))
    context = browser.new_context()
    page = _with_passkeys(context)
    page.goto(f"{here}me/")
    page.get_by_role("button").first.click()
    page.wait_for_url("**/signin/**")
    page.evaluate(STORE)
    assert page.evaluate(MAKE, urlsplit(here).hostname) == "public-key"
    kept = {cookie["name"] for cookie in context.cookies(here)}
    assert any(name.startswith("visor_txn_") for name in kept)
    assert context.cookies(there) == context.cookies(stack.base_url) == []
    page.goto(f"{there}me/")
    assert page.evaluate(KEPT) == [True, [], [], [], ""]
    with pytest.raises(Error, match="SecurityError"):
        page.evaluate(MAKE, urlsplit(here).hostname)
    context.close()


def _with_passkeys(context: BrowserContext) -> Page:
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    verifying = {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, **verifying}})
    return page
