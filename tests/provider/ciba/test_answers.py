"""From the person's phone to the relying party: polls, approvals, refusals, and one exchange."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from django.db.models import F

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture.browser import cookie_name
from authsvc.core.ids import new_secret
from authsvc.delivery.models import Delivery
from authsvc.delivery.sender import send_due
from authsvc.oidc.models import BackchannelRequest, Grant, Session
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.persons import seed_test_persons
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.services import open_transaction
from tests.provider.browser import Browser, justified, make_partner, make_person
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.receiver import Receiver, receiving
from tests.provider.tokens import key_set, new_key
from tests.sweeping import erased


def at_the_phone(visitor: Browser, person: Subject) -> None:
    """Sign the person in on their phone, to see what waits."""
    txn = visitor.opened(visitor.http.post(f"{visitor.root}approve/enter"))
    visitor.prove(txn, person)
    assert visitor.http.get(f"{visitor.root}approve/entered/{txn}").status_code == 302


def approve(visitor: Browser, person: Subject, *, by: Subject | None = None, level: str = "L2") -> Any:
    """Approve the one request that waits, by an authentication of the person, or of another."""
    row = BackchannelRequest.objects.get()
    begun = visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "yes"})
    txn = visitor.opened(begun)
    visitor.prove(txn, by or person, level=level)
    return visitor.http.get(f"{visitor.root}approve/{row.pk}/done/{txn}")


def wait(seconds: int) -> None:
    """Let time pass for the one request."""
    row = BackchannelRequest.objects.get()
    shift = timedelta(seconds=seconds)
    polled = row.polled_at - shift if row.polled_at else None
    BackchannelRequest.objects.update(polled_at=polled, expires_at=row.expires_at - shift)
    Delivery.objects.update(due_at=F("due_at") - shift)


@pytest.mark.requirement("OIDC-CIBA-04", "OIDC-CIBA-03")
def test_approved_on_the_phone_and_redeemed_once(starter: Starter, visitor: Browser, person: Subject) -> None:
    auth_req_id = starter.ask(scope="openid offline_access").json()["auth_req_id"]
    assert starter.poll(auth_req_id).json()["error"] == "authorization_pending"
    at_the_phone(visitor, person)
    page = visitor.http.get(f"{visitor.root}approve/").content.decode()
    assert "blue whale 42" in page
    assert starter.partner.party.name in page
    assert "answered=yes" in approve(visitor, person)["Location"]
    tokens = starter.poll(auth_req_id).json()
    claims = visitor.claims(tokens["id_token"])
    assert claims["acr"] == "urn:visor:L2"
    assert {"swk", "user"} <= set(claims["amr"])
    assert "nonce" not in claims
    assert visitor.userinfo(tokens["access_token"]).json()["sub"] == claims["sub"]
    assert starter.poll(auth_req_id).json()["error"] == "invalid_grant"
    again = visitor.refresh(starter.partner, tokens["refresh_token"])
    assert visitor.claims(again.json()["id_token"])["auth_time"] == claims["auth_time"]


@pytest.mark.requirement("OIDC-CIBA-04")
def test_polling_too_often_slows_down(starter: Starter, person: Subject) -> None:
    auth_req_id = starter.ask().json()["auth_req_id"]
    said = [starter.poll(auth_req_id).json()["error"] for _ in range(2)]
    wait(6)
    said.append(starter.poll(auth_req_id).json()["error"])
    wait(20)
    said.append(starter.poll(auth_req_id).json()["error"])
    assert said == ["authorization_pending", "slow_down", "slow_down", "authorization_pending"]


@pytest.mark.requirement("OIDC-CIBA-04")
def test_no_is_access_denied_and_stays_so(starter: Starter, visitor: Browser, person: Subject) -> None:
    auth_req_id = starter.ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    row = BackchannelRequest.objects.get()
    visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "no"})
    assert starter.poll(auth_req_id).json()["error"] == "access_denied"
    assert approve(visitor, person).status_code == 400
    assert starter.poll(auth_req_id).json()["error"] == "access_denied"


@pytest.mark.requirement("OIDC-CIBA-04")
def test_a_request_runs_out(starter: Starter, visitor: Browser, person: Subject) -> None:
    auth_req_id = starter.ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    wait(121)
    assert starter.poll(auth_req_id).json()["error"] == "expired_token"
    assert b"Nothing waits" in visitor.http.get(f"{visitor.root}approve/").content
    assert approve(visitor, person).status_code == 400


@pytest.mark.requirement("OIDC-CIBA-04")
def test_another_client_gets_nothing(starter: Starter, visitor: Browser, person: Subject) -> None:
    auth_req_id = starter.ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    approve(visitor, person)
    key = new_key("ES256")
    other = Starter(make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll"), key, visitor)
    assert other.poll(auth_req_id).json()["error"] == "invalid_grant"
    assert starter.poll(auth_req_id).status_code == 200


@pytest.mark.requirement("S6.2-01")
def test_only_the_hinted_person_sees_and_answers(starter: Starter, visitor: Browser, person: Subject) -> None:
    starter.ask()
    stranger = make_person(name="Another Example")
    row = BackchannelRequest.objects.get()
    assert visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "no"}).status_code == 404
    at_the_phone(visitor, stranger)
    assert b"blue whale" not in visitor.http.get(f"{visitor.root}approve/").content
    assert visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "no"}).status_code == 404
    visitor.http.cookies.clear()
    at_the_phone(visitor, person)
    assert approve(visitor, person, by=stranger).status_code == 400
    row.refresh_from_db()
    assert (row.state, Grant.objects.count()) == ("pending", 0)


@pytest.mark.requirement("S6.4-03", "SB-02")
def test_less_than_the_floor_approves_nothing(visitor: Browser, person: Subject) -> None:
    key = new_key("ES256")
    partner = make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll", floor_level="L2")
    strict = Starter(partner, key, visitor)
    auth_req_id = strict.ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    assert approve(visitor, person, level="L1").status_code == 400
    assert AuditEvent.objects.latest("sequence").reason == "acr-reached"
    assert strict.poll(auth_req_id).json()["error"] == "authorization_pending"


@pytest.mark.requirement("S6.4-03", "SB-02")
@pytest.mark.parametrize(
    ("demand", "level", "reason"),
    [
        ({"face": "required", **justified()}, "L2", "face-demanded"),
        ({"presence": "required", **justified()}, "L2", "presence-demanded"),
        ({"floor_level": "L1", "scope_floors": ["openid L2"]}, "L1", "acr-reached"),
    ],
    ids=["face", "presence", "scope"],
)
def test_what_a_registration_demands_holds_without_a_browser(
    visitor: Browser, person: Subject, demand: dict[str, Any], level: str, reason: str
) -> None:
    key = new_key("ES256")
    partner = make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll", **demand)
    auth_req_id = Starter(partner, key, visitor).ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    assert approve(visitor, person, level=level).status_code == 400
    assert AuditEvent.objects.latest("sequence").reason == reason
    assert Starter(partner, key, visitor).poll(auth_req_id).json()["error"] == "authorization_pending"


@pytest.mark.requirement("S6.4-01")
def test_an_ordinary_sign_in_answers_no_request(starter: Starter, visitor: Browser, person: Subject) -> None:
    starter.ask()
    at_the_phone(visitor, person)
    txn = visitor.opened(visitor.authorize(starter.partner, prompt="login"))
    visitor.prove(txn, person)
    row = BackchannelRequest.objects.get()
    assert visitor.http.get(f"{visitor.root}approve/{row.pk}/done/{txn}").status_code == 409
    row.refresh_from_db()
    assert row.state == "pending"


@pytest.mark.requirement("S6.4-01")
def test_an_approval_signs_nobody_in_at_the_relying_party(
    starter: Starter, visitor: Browser, person: Subject
) -> None:
    starter.ask()
    at_the_phone(visitor, person)
    row = BackchannelRequest.objects.get()
    txn = visitor.opened(visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "yes"}))
    visitor.prove(txn, person)
    assert visitor.resume(txn).status_code == 409
    assert not Grant.objects.exists()


@pytest.mark.requirement("S6.4-01")
@pytest.mark.parametrize("kind", ["enrol", "bind", "authenticate"])
def test_no_other_transaction_opens_the_page(visitor: Browser, person: Subject, kind: str) -> None:
    key = new_secret()
    client = make_partner().party if kind == "authenticate" else None
    row = open_transaction(kind=kind, browser_key=key, continue_path="/", client=client, subject=person)
    visitor.http.cookies[cookie_name(row.pk)] = key
    visitor.prove(row.pk, person)
    assert visitor.http.get(f"{visitor.root}approve/entered/{row.pk}").status_code == 409
    row.refresh_from_db()
    assert (row.state, Session.objects.count()) == ("decided", 0)


def test_a_closed_person_does_not_get_in(visitor: Browser, person: Subject) -> None:
    txn = visitor.opened(visitor.http.post(f"{visitor.root}approve/enter"))
    visitor.prove(txn, person)
    Subject.objects.update(status=Subject.Status.CLOSED)
    assert visitor.http.get(f"{visitor.root}approve/entered/{txn}").status_code == 400
    assert not Session.objects.exists()


@pytest.mark.requirement("S6.4-04")
@pytest.mark.needs("postgresql")
def test_of_many_exchanges_one_succeeds(shared: Tenant) -> None:
    visitor, key = Browser(shared), new_key("ES256")
    partner = make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll")
    starter, person = Starter(partner, key, visitor), make_person(external_id=HINT)
    auth_req_id = starter.ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    approve(visitor, person)

    def exchange(_: int) -> int:
        try:
            with tenant_scope(shared.id):
                return int(starter.poll(auth_req_id).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(exchange, range(16))) == [200] + [400] * 15


class TestPing:
    """Ping mode: the relying party is called once, with its own token."""

    @pytest.fixture
    def receiver(self) -> Iterator[Receiver]:
        with receiving() as running:
            yield running

    @pytest.fixture
    def pinged(self, visitor: Browser, receiver: Receiver) -> Starter:
        key = new_key("ES256")
        partner = make_partner(
            jwks=key_set(key),
            backchannel_token_delivery_mode="ping",
            backchannel_client_notification_endpoint=f"{receiver.url}/ciba",
        )
        return Starter(partner, key, visitor)

    @pytest.mark.requirement("OIDC-CIBA-05")
    @pytest.mark.parametrize("status", [204, 302, 401, 500])
    def test_it_is_called_once_whatever_it_answers(
        self, pinged: Starter, visitor: Browser, person: Subject, receiver: Receiver, status: int
    ) -> None:
        receiver.status = status
        auth_req_id = pinged.ask(client_notification_token="n" * 32).json()["auth_req_id"]
        at_the_phone(visitor, person)
        assert send_due() == 0
        approve(visitor, person)
        assert [send_due(), send_due()] == [int(status == 204), 0]
        [(path, body)] = receiver.arrived
        assert (path, json.loads(body)) == ("/ciba", {"auth_req_id": auth_req_id})
        assert receiver.headers[0]["Authorization"] == f"Bearer {'n' * 32}"
        assert AuditEvent.objects.filter(tag=Tag.BACKCHANNEL_NOTIFIED).count() == 1
        assert pinged.poll(auth_req_id).status_code == 200

    @pytest.mark.requirement("OIDC-CIBA-05")
    def test_it_is_called_when_the_request_runs_out(
        self, pinged: Starter, person: Subject, receiver: Receiver
    ) -> None:
        pinged.ask(client_notification_token="n" * 32)
        wait(121)
        assert send_due() == 1
        assert len(receiver.arrived) == 1

    @pytest.mark.requirement("OIDC-CIBA-05")
    def test_who_has_fetched_the_result_is_not_called(
        self, pinged: Starter, visitor: Browser, person: Subject, receiver: Receiver
    ) -> None:
        auth_req_id = pinged.ask(client_notification_token="n" * 32).json()["auth_req_id"]
        at_the_phone(visitor, person)
        approve(visitor, person)
        assert pinged.poll(auth_req_id).status_code == 200
        assert send_due() == 0
        assert receiver.arrived == []

    @pytest.mark.requirement("OIDC-CIBA-05")
    @pytest.mark.parametrize("token", [None, "short", "n" * 1025, "has blanks in it, which no token has"])
    def test_a_notification_token_is_needed(self, pinged: Starter, person: Subject, token: Any) -> None:
        assert pinged.ask(client_notification_token=token).json()["error"] == "invalid_request"


class TestSandbox:
    """Automated suites approve without a person, in a sandbox tenant alone."""

    @pytest.fixture
    def asked(self, starter: Starter) -> str:
        seed_test_persons()
        return str(starter.ask(login_hint="sandbox-1").json()["auth_req_id"])

    def approval(self, visitor: Browser, auth_req_id: str, action: str) -> Any:
        query = {"auth_req_id": auth_req_id, "action": action}
        return visitor.http.get(f"{visitor.root}sandbox-approval", query)

    @pytest.mark.requirement("SA-02")
    @pytest.mark.parametrize(("action", "status"), [("allow", 200), ("deny", 400)])
    def test_allow_and_deny(
        self, starter: Starter, visitor: Browser, asked: str, action: str, status: int
    ) -> None:
        set_options(sandbox_authenticator=True)
        assert self.approval(visitor, asked, action).status_code == 200
        assert starter.poll(asked).status_code == status

    @pytest.mark.requirement("SA-02")
    def test_not_in_a_live_tenant(self, starter: Starter, visitor: Browser, asked: str) -> None:
        assert self.approval(visitor, asked, "allow").status_code == 404
        assert starter.poll(asked).json()["error"] == "authorization_pending"

    def test_the_form_answers_a_request_too(self, starter: Starter, visitor: Browser) -> None:
        set_options(sandbox_authenticator=True)
        person = seed_test_persons()[0]
        auth_req_id = starter.ask(login_hint="sandbox-1").json()["auth_req_id"]
        chosen = {"person": str(person.id), "outcome": "accepted-l2"}
        entering = visitor.http.post(f"{visitor.root}approve/enter")["Location"]
        visitor.http.get(visitor.http.post(entering, chosen)["Location"])
        row = BackchannelRequest.objects.get()
        form = visitor.http.post(f"{visitor.root}approve/{row.pk}/", {"answer": "yes"})["Location"]
        assert urlsplit(form).path.startswith(f"{visitor.root}sandbox/")
        visitor.http.get(visitor.http.post(form, chosen)["Location"])
        assert starter.poll(auth_req_id).status_code == 200


def test_what_expired_is_swept(starter: Starter, person: Subject) -> None:
    starter.ask()
    assert erased(timedelta(hours=2))["oidc_backchannelrequest"] == 1
