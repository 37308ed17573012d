"""A phishing kit in front of the sign-in, which passes page, passkey and frames on as they are, gets nothing.

Every part of its page is the real one's. What differs is the address, and a passkey signs the address at
which it is used (S8.2-04). So it is at the page to which a push or a mail leads, too, where a request waits
that the attacker may have made themselves.
"""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urljoin

import pytest
import requests
from django.core.servers.basehttp import ServerHandler, WSGIRequestHandler
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.core.ids import b64u, unb64u
from authsvc.oidc.models import BackchannelRequest, Grant
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Capture, SealedSample, Transaction
from devtools.phone.phone import Denied, Person, SoftwarePhone, _visit_at
from tests.attacks.phishing import Kit, phishing
from tests.browser.capture.conftest import _audit_log_can_be_emptied, launch
from tests.browser.capture.person import Person as Visitor
from tests.factories import make_tenant, offer_sample_key
from tests.provider.browser import Browser, Partner, make_partner
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.tokens import key_set, new_key
from tests.unit.capture.agent import Agent

__all__ = ["_audit_log_can_be_emptied", "launch"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requirement("S8.2-04")]


@pytest.fixture
def site(live_server: LiveServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """The real site, which ends each connection with its answer; a worker has published a key."""
    monkeypatch.setattr(WSGIRequestHandler, "protocol_version", "HTTP/1.0")
    monkeypatch.setattr(ServerHandler, "http_version", "1.0")
    settings.BASE_URL = live_server.url
    made = make_tenant(name="Northwind Bank")
    with tenant_scope(made.id):
        offer_sample_key()
        yield made
    _end_what_answers()


def _end_what_answers() -> None:
    """Wait for the live server's threads: each ends with its connection, and closes the test's database."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=30)


@pytest.fixture
def victim(site: Tenant) -> Person:
    """Somebody whose passkey is in their phone."""
    agent = Agent(site)
    agent.enrolled()
    return Person([], authenticator=agent.authenticator)


@pytest.fixture
def start(site: Tenant, live_server: LiveServer) -> str:
    """Where a sign-in at the relying party begins, below the provider's address."""
    partner: Partner = make_partner(redirect_uris=[f"{live_server.url}/callback"])
    asked = {
        "client_id": partner.party.client_id,
        "response_type": "code",
        "redirect_uri": partner.party.redirect_uris[0],
        "scope": "openid",
        "state": "s",
        "nonce": "n",
    }
    return f"/t/{site.slug}/authorize?{urlencode(asked)}"


def told(victim: Person, link: str) -> Denied:
    """Let the victim follow a link and do all that the page asks; return how it ends for them."""
    phone = SoftwarePhone(victim)
    with phone.browser.session, pytest.raises(Denied) as denied:
        phone.sign_in(link, face=False)
    return denied.value


def test_at_the_real_address_the_same_phone_gets_a_code(
    victim: Person, start: str, live_server: LiveServer
) -> None:
    assert told(victim, live_server.url + start).step == 12  # nobody redeems it here
    assert Grant.objects.count() == 1


def test_what_a_victim_does_at_the_kits_address_proves_nothing(
    victim: Person, start: str, live_server: LiveServer
) -> None:
    with phishing(Kit(live_server.url)) as kit:
        end = told(victim, kit.origin + start)
    assert (end.step, end.status, end.code) == (4, 403, "passkey-refused")
    _nothing_was_got()
    _what_was_kept_is_of_no_use(kit)


class Forging(Kit):
    """Writes the real address over the one that the passkey signed."""

    def changed(self, path: str, body: bytes) -> bytes:
        if not path.endswith("/passkey"):
            return body
        sent = json.loads(body)
        said = json.loads(unb64u(sent["credential"]["response"]["clientDataJSON"]))
        assert said["origin"] == self.origin
        said["origin"] = self.real
        sent["credential"]["response"]["clientDataJSON"] = b64u(json.dumps(said).encode())
        return json.dumps(sent).encode()


def test_the_address_cannot_be_written_over(victim: Person, start: str, live_server: LiveServer) -> None:
    with phishing(Forging(live_server.url)) as kit:
        end = told(victim, kit.origin + start)
    assert (end.step, end.status, end.code) == (4, 403, "passkey-refused")
    _nothing_was_got()


def test_frames_that_are_passed_on_are_taken_from_nobody(
    victim: Person, start: str, live_server: LiveServer
) -> None:
    """The kit has the transaction's cookie, and sends what the victim's camera gives without a passkey."""
    with phishing(Kit(live_server.url)) as kit:
        told(victim, kit.origin + start)
    for step, body in (("challenge", b"{}"), ("sample", b"frames"), ("without-face", b"{}")):
        answer = _as_the_page(kit, step, body)
        assert (answer.status_code, answer.json()["error"]) in {(409, "not-proven"), (409, "no-challenge")}
    _nothing_was_got()


# --- before the page of what waits (W3) ---------------------------------------------------------------------
class AskedPhone(SoftwarePhone):
    """The phone of somebody who was told that a relying party asks."""

    def does(self, page: str) -> requests.Response:
        """Send the form of the page to which the message leads, and use the passkey; return the page after.

        Its form signs in, and approves the one request that waits once somebody is signed in.
        """
        answer = self.browser.agree(self.browser.open(page))
        visit = _visit_at(urljoin(page, answer.headers.get("Location", "")), 2, answer)
        visit.handed_on = True  # it ends at a page, not at a relying party
        return self._run(visit, face=False)


@pytest.fixture
def starter(site: Tenant, victim: Person) -> Starter:
    """A relying party whose request for the victim waits, as `asked` of it."""
    Subject.objects.update(external_id=HINT)
    key = new_key("ES256")
    partner = make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll")
    return Starter(partner, key, Browser(site))


@pytest.fixture
def asked(starter: Starter) -> str:
    answer = starter.ask()
    assert answer.status_code == 200, answer.content
    return str(answer.json()["auth_req_id"])


@pytest.fixture
def waits(site: Tenant) -> str:
    """The page of what waits, below the provider's address."""
    return f"/t/{site.slug}/approve/"


def test_w3_at_the_real_address_the_same_phone_approves(
    victim: Person, starter: Starter, asked: str, waits: str, live_server: LiveServer
) -> None:
    phone = AskedPhone(victim)
    with phone.browser.session:
        assert "blue whale 42" in phone.does(live_server.url + waits).text
        assert "Approved." in phone.does(live_server.url + waits).text
    assert "id_token" in starter.poll(asked).json()


@pytest.mark.parametrize("kind", [Kit, Forging])
def test_w3_who_follows_a_false_message_shows_and_approves_nothing(
    victim: Person, starter: Starter, asked: str, waits: str, live_server: LiveServer, kind: type[Kit]
) -> None:
    phone = AskedPhone(victim)
    with phishing(kind(live_server.url)) as kit, phone.browser.session, pytest.raises(Denied) as denied:
        phone.does(kit.origin + waits)
    assert (denied.value.step, denied.value.status, denied.value.code) == (4, 403, "passkey-refused")
    _nothing_was_got()
    shown = requests.get(kit.real + waits, cookies=kit.cookies, timeout=30).text
    assert "blue whale 42" not in shown
    assert starter.poll(asked).json()["error"] == "authorization_pending"


def test_w3_who_is_signed_in_already_approves_nothing_from_another_site(
    victim: Person, starter: Starter, asked: str, waits: str, live_server: LiveServer
) -> None:
    """The cookie of the real address goes with a form that the kit has them send, and its answer too.

    The two are at one host here, so that the browser gives the kit every cookie. What it passes on is
    approved by nobody all the same: that takes the passkey.
    """
    phone, request = AskedPhone(victim), f"{waits}{BackchannelRequest.objects.get().pk}/"
    with phone.browser.session as session, phishing(Kit(live_server.url)) as kit:
        phone.does(live_server.url + waits)
        sent = session.post(
            live_server.url + request, {"answer": "yes"}, headers={"Origin": kit.origin}, timeout=30
        )
        assert sent.status_code == 403
        with pytest.raises(Denied) as denied:
            phone.does(kit.origin + waits)
    assert (denied.value.step, denied.value.code) == (4, "passkey-refused")
    assert starter.poll(asked).json()["error"] == "authorization_pending"


# --- in a browser -------------------------------------------------------------------------------------------
FALSE_HOST = "northwind-bank.example"
NOTES_REFUSALS = """
  window.refused = [];
  const get = navigator.credentials.get.bind(navigator.credentials);
  navigator.credentials.get = async (options) => {
    try { return await get(options); } catch (problem) { window.refused.push(problem.name); throw problem; }
  };
"""


@pytest.mark.browser
def test_w1_the_browser_itself_gives_no_passkey_to_another_address(
    site: Tenant, start: str, live_server: LiveServer, launch: Callable[..., Chromium]
) -> None:
    """Even where a browser takes the kit's address for a secure one, and the server would believe it."""
    with phishing(Forging(live_server.url), host=FALSE_HOST) as kit:
        person = Visitor(
            site,
            launch(
                f"--host-resolver-rules=MAP {FALSE_HOST} 127.0.0.1",
                f"--unsafely-treat-insecure-origin-as-secure={kit.origin}",
                whole=True,  # its shell does not know the second one
            ),
        )
        person.enrolled()
        person.chooses()
        person.page.add_init_script(NOTES_REFUSALS)
        person.page.goto(kit.origin + start)
        person.sees("welcome")
        person.taps("passkey")
        expect(person.page.get_by_role("heading", level=1)).to_have_text(
            "Passkeys do not work at this address"
        )
        assert person.page.evaluate("[isSecureContext, window.refused]") == [True, ["SecurityError"]]
        person.context.close()
    assert [path for path, _ in kit.sent if path.endswith("/passkey")] == []
    row = Transaction.objects.filter(kind=Transaction.Kind.AUTHENTICATE).latest("created_at")
    assert (row.state, row.subject_id) == (Transaction.State.OPEN, None)
    assert not Grant.objects.exists()


def _as_the_page(kit: Kit, step: str, body: bytes) -> requests.Response:
    kind = "application/jose" if step == "sample" else "application/json"
    row = Transaction.objects.filter(kind=Transaction.Kind.AUTHENTICATE).latest("created_at")
    return requests.post(
        f"{kit.real}/t/{row.tenant.slug}/agent/{row.pk}/{step}",
        data=body,
        headers={"Origin": kit.real, "Content-Type": kind},
        cookies=kit.cookies,
        timeout=30,
    )


def _nothing_was_got() -> None:
    row = Transaction.objects.filter(kind=Transaction.Kind.AUTHENTICATE).latest("created_at")
    assert (row.state, row.subject_id, row.device_id) == (Transaction.State.OPEN, None, None)
    assert not Grant.objects.exists()
    assert not Capture.objects.exists()
    assert not SealedSample.objects.exists()
    assert AuditEvent.objects.filter(tag=Tag.DEVICE_REFUSED, transaction=row.pk).exists()


def _what_was_kept_is_of_no_use(kit: Kit) -> None:
    """Send each answer of the victim's passkey once more, past the kit, in the same transaction."""
    answers = [body for path, body in kit.sent if path.endswith("/passkey")]
    assert answers
    for body in answers:
        again = _as_the_page(kit, "passkey", body)
        assert again.status_code in {403, 409}
        fresh = _as_the_page(kit, "passkey/options", json.dumps({"session_key": _key(kit)}).encode())
        assert fresh.status_code == 200
        assert _as_the_page(kit, "passkey", body).status_code == 403
    _nothing_was_got()


def _key(kit: Kit) -> dict[str, str]:
    asked = next(body for path, body in kit.sent if path.endswith("/passkey/options"))
    key: dict[str, str] = json.loads(asked)["session_key"]
    return key
