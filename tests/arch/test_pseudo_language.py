"""In a language whose every text stands in brackets no page shows a word outside them, but for data."""

from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import available_timezones

import pytest
from django.conf import settings as project
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils.translation import override

from authsvc.assurance.levels import Level
from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.biometrics.records.record import load_records
from authsvc.capture.browser import cookie_name
from authsvc.clients.scopes import SCOPES
from authsvc.core.ids import new_secret
from authsvc.enrolment.services import create_link, open_binding
from authsvc.keys.algorithms import SIGNING
from authsvc.management.attempts.explain import _TELLERS, tag_text
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.persons import test_persons as seeded_persons
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest
from authsvc.transactions.services import open_transaction
from portal.accounts.models import User
from portal.relying_parties.quickstart import CLIENTS
from tests.arch import pseudo
from tests.factories import make_consent, make_subject, make_tenant, offer_sample_key
from tests.provider.browser import Browser, fields_of_form, make_partner, make_person
from tests.tenancy.conftest import World, fill
from tests.tenancy.people import make_user, signed_in
from tests.tenancy.routes import Kind, filled, routes
from tests.unit.capture.agent import Agent
from tests.unit.person.visitor import Visitor

SPEAKS: Final = {"accept-language": pseudo.CODE}
DATA: Final = {
    *("Visor", "UTC", "ID", "JWKS", "acr", "amr", "openid", "profile"),
    *SCOPES,
    *SIGNING,
    *(client.name for client in CLIENTS),
    *(tag.value for tag in Tag),
    *(part for tag in Tag for part in tag.value.split(":")),
    *(tag_text(tag.value) for tag in Tag),
    *(level.name for level in Level),
    *available_timezones(),
    *("English", "Brackets"),  # each language by its own name
    "OpenID Connect",
    "FAPI 2.0 Security Profile and Message Signing",
    *(name for record in load_records(None, []) for name in (record.id, record.dataset, record.engine)),
    *(group["group"] for record in load_records(None, []) for group in record.groups),
    *(
        row["species"]
        for record in load_records(None, [])
        for part in ("attacks", "people")
        for row in (record.pad or {}).get(part, ())
    ),
}
"""What is the same in every language: names, codes, and the tags of the audit log."""


class Reader:
    """Opens pages in the made-up language and collects what stands outside brackets on them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.pages: dict[str, str] = {}

    def get(self, path: str, *statuses: int) -> Any:
        return self._keep(path, self.client.get(path, headers=SPEAKS), statuses or (200,))

    def post(self, path: str, body: dict[str, str], *statuses: int) -> Any:
        headers = {**SPEAKS, "origin": project.BASE_URL}
        return self._keep(path, self.client.post(path, body, headers=headers), statuses or (200,))

    def _keep(self, path: str, response: Any, statuses: tuple[int, ...]) -> Any:
        assert response.status_code in statuses, (path, response.status_code)
        if response.status_code < 300 or response.status_code >= 400:
            self.pages[f"{path} {response.status_code}"] = response.content.decode()
        return response

    def outside(self) -> dict[str, list[str]]:
        assert self.pages
        assert [path for path, page in self.pages.items() if pseudo.OPEN not in page] == []
        data = DATA | pseudo.stored()
        read = {path: pseudo.unmarked(page, data) for path, page in self.pages.items()}
        return {path: left for path, left in read.items() if left}


@pytest.fixture(autouse=True)
def _speak(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo.speak(settings, monkeypatch)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """A tenant with a row of everything, in whose scope the test runs."""
    made = fill(make_tenant())
    with tenant_scope(made.tenant.id):
        yield made


@pytest.fixture
def owner(world: World) -> User:
    return make_user((world.tenant, Role.OWNER))


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


def outcomes() -> Iterator[tuple[Tag, dict[str, Any]]]:
    """What can be told of an attempt: every event with its facts."""
    yield Tag.DEVICE_PROVEN, {"kind": "hwk", "user_verified": True}
    yield Tag.CHALLENGE_ISSUED, {"number": 1, "cues": ["left"]}
    yield Tag.SAMPLE_ACCEPTED, {"size": 4096}
    yield Tag.VERDICT_RECORDED, {"outcome": "refused", "reason": "non-match"}
    yield Tag.DEVICE_REFUSED, {"reason": "passkey-refused"}
    told = {Tag.DEVICE_PROVEN, Tag.CHALLENGE_ISSUED, Tag.SAMPLE_ACCEPTED, Tag.VERDICT_RECORDED}
    yield from ((Tag(tag), {}) for tag in _TELLERS if tag not in told)


def test_every_screen_of_the_portal(world: World, owner: User) -> None:
    for tag, facts in outcomes():
        record(tag, transaction=world.values["transaction"], **facts)
    reader = Reader(signed_in(owner))
    for route in routes(Kind.MEMBER, Kind.FORM):
        if not route.endswith("/suggest/"):  # JSON, of what the page of search shows
            reader.get(filled(route, world.values))
    base = f"/portal/{world.tenant.slug}/"
    reader.get(f"{base}search/?q=pol")
    new = reader.post(f"{base}relying-parties/new/", {"step": "what", "kind": "web", "name": "ID"}, 302)
    reader.get(new["Location"])
    where = {"step": "where", "redirect_uris": "https://shop.example/cb"}
    reader.get(reader.post(new["Location"], where, 302)["Location"])
    reader.get(f"{base}audit/?verify=1")
    reader.post(f"{base}relying-parties/new/", {"jwks": "{", "redirect_uris": "ftp://x"}, 422)
    bad = {"redirect_uris": "http://x.example", "jwks": '{"keys": [{"kty": "oct"}]}', "name": "X"}
    chosen = {
        "status": "active",
        "token_endpoint_auth_method": "none",
        "floor_level": "L1",
        "scopes": "openid",
    }
    more = {"access_token_format": "jwt", "subject_type": "pairwise", "id_token_signed_response_alg": "RS256"}
    reader.post(f"{base}relying-parties/new/", {**bad, **chosen, **more}, 422)
    reader.post(f"{base}people/new/", {"email": "no address"}, 422)
    reader.post(f"{base}provider/tokens/new/", {"uses": "0"}, 422)
    reader.post(f"{base}provider/options/", {"open_registration": "on"}, 422, 302)
    reader.get(f"{base}provider/")
    assert reader.outside() == {}


def test_every_page_of_an_account(world: World, owner: User) -> None:
    reader = Reader(Client())
    for page in ("login/", "password/reset/", "inactive/"):
        reader.get(f"/account/{page}")
    reader.post("/account/login/", {"login": "nobody@example.org", "password": "wrong"})
    reader.client = signed_in(owner, second_factor=False)
    for page in ("second-factor/", "2fa/totp/activate/", "2fa/webauthn/add/", "logout/"):
        reader.get(f"/account/{page}")
    reader.post("/account/2fa/totp/activate/", {"code": "12"})
    reader.client = signed_in(make_user((world.tenant, Role.OWNER), (make_tenant(), Role.AUDITOR)))
    reader.get("/portal/")
    reader.get("/account/2fa/")
    reader.get("/portal/nothing/", 404)
    assert reader.outside() == {}


def test_capture_and_enrolment(tenant: Tenant) -> None:
    reader, key = Reader(Client()), new_secret()
    person = make_subject(name="Ada Example")
    base = f"/t/{tenant.slug}/"
    for transaction in (
        open_transaction(
            kind=Transaction.Kind.ENROL,
            browser_key=key,
            continue_path="/",
            subject=person,
            request=EnrolmentRequest(link="", face=True),
        ),
        open_binding(tenant=tenant, browser_key=key),
    ):
        reader.client.cookies[cookie_name(transaction.pk)] = key
        reader.get(f"{base}signin/{transaction.pk}/")
    for path in ("signin/unknown/", "enrol/unknown/", "passkeys/finish/unknown/"):
        reader.get(f"{base}{path}", 404)
    reader.get(f"{base}passkeys/")
    link = create_link(subject=person, created_by="a test")[1].removeprefix(project.BASE_URL)
    reader.get(link)
    reader.post(f"{link}consent", {"choice": "face", "notice_version": "older"}, 303)
    assert reader.outside() == {}
    said = reader.client.get(f"{base}agent/unknown/", headers=SPEAKS).json()
    assert said["message"].startswith(pseudo.OPEN)
    names = {"tenant": tenant}
    assert_marked("enrolment/done.html", {**names, "face": True}, {**names, "face": False})
    assert_marked("enrolment/passkey_added.html", names)


def test_a_persons_own_page(tenant: Tenant) -> None:
    offer_sample_key()
    visitor = Visitor(Agent(tenant))
    reader = Reader(visitor.agent.client)
    reader.get(visitor.root)
    reader.get(f"{visitor.root}entered/unknown/", 404)
    visitor.comes_in()
    passkey = f"{visitor.root}passkeys/{visitor.device.pk}/"
    reader.get(visitor.root)
    reader.get(passkey)
    reader.post(passkey, {"name": ""}, 422)
    for question in (
        "face/remove",
        "consent/withdraw",
        "needs/light",
        "needs/turn",
        f"passkeys/{visitor.device.pk}/revoke",
    ):
        reader.get(visitor.root + question)
    gone = visitor.post(f"passkeys/{visitor.device.pk}/revoke")
    reader.get(gone["Location"])
    assert reader.outside() == {}


def test_the_pages_of_the_provider(tenant: Tenant) -> None:
    browser = Browser(tenant)
    reader = Reader(browser.http)
    set_options(sandbox_authenticator=True)
    partner = make_partner(name="Corner Shop", first_party=False, purpose="To open your account.")
    reader.get(f"{browser.root}authorize?client_id=nobody", 400)
    sandbox = browser.authorize(partner, scope="openid email profile address phone")["Location"]
    reader.get(sandbox)
    chosen = {"person": str(seeded_persons()[0].pk), "outcome": "accepted-l2"}
    asked = reader.get(browser.http.post(sandbox, chosen)["Location"])
    pending = fields_of_form(asked.content)["pending"]
    stale = {"pending": "forged", "answer": "yes"}
    reader.post(f"{browser.root}authorize/consent", stale, 400)
    browser.http.post(f"{browser.root}authorize/consent", {"pending": pending, "answer": "yes"})
    posted = browser.request(partner, response_mode="form_post", scope="openid")
    reader.client.get(f"{browser.root}authorize", posted)
    for answered in ("", "?answered=yes", "?answered=no"):
        reader.get(f"{browser.root}approve/{answered}")
    question = reader.get(f"{browser.root}end-session")
    leaving = {"pending": fields_of_form(question.content)["pending"], "answer": "no"}
    reader.post(f"{browser.root}end-session/confirm", leaving)
    reader.post(f"{browser.root}end-session/confirm", {**leaving, "answer": "yes"})
    assert reader.outside() == {}


def test_pages_for_what_went_wrong(db: None) -> None:
    for page in ("400.html", "403.html", "403_csrf.html", "404.html", "500.html", "503.html"):
        assert_marked(page, {})


def assert_marked(template: str, *contexts: dict[str, Any]) -> None:
    for context in contexts:
        with override(pseudo.CODE):
            page = render_to_string(template, context, RequestFactory().get("/"))
        assert pseudo.OPEN in page
        assert pseudo.unmarked(page, DATA | pseudo.stored()) == []


def test_programs_and_the_audit_log_are_told_in_english(tenant: Tenant) -> None:
    browser = Browser(tenant)
    set_options(dynamic_registration=True, open_registration=True)
    bad = {"redirect_uris": ["ftp://x"], "token_endpoint_auth_method": "none"}
    said = browser.http.post(f"{browser.root}register", bad, content_type="application/json", headers=SPEAKS)
    assert said.status_code == 400
    wrong = "redirect_uris: ftp://x must use https (or http on a loopback host)"
    assert wrong in said.json()["error_description"]
    txn = browser.opened(browser.authorize(make_partner(name="Own")))
    page = Browser(tenant).http.get(f"{browser.root}authorize/resume/{txn}", headers=SPEAKS)
    told = "This sign-in was started in another browser. Please start again."
    assert f"{pseudo.OPEN}{told}{pseudo.CLOSE}" in page.content.decode()
    assert AuditEvent.objects.filter(tag=Tag.REQUEST_REFUSED).get().details["description"] == told
    assert not any(pseudo.OPEN in text for text in pseudo.stored())


def test_only_the_notice_that_was_read_is_kept_in_its_language(tenant: Tenant) -> None:
    with override(pseudo.CODE):
        receipt = make_consent(make_person())
    assert receipt.notice["why"].startswith(pseudo.OPEN)
    kept = set(receipt.notice.values())
    assert {text for text in pseudo.stored() if pseudo.OPEN in text} == kept


def test_a_word_outside_of_brackets_is_seen() -> None:
    page = '<p>⟦Sign in to ⟦Shop⟧⟧ now</p><b title="Help">Ada</b><code>GET</code><i>⟦On⟧ · 3</i>'
    assert pseudo.unmarked(page, {"Ada"}) == ["Help", "⟦Sign in to ⟦Shop⟧⟧ now"]
    assert pseudo.unmarked("<p>⟦Since <time>Monday</time>, it⟧ <b>rests</b></p>", set()) == ["rests"]
