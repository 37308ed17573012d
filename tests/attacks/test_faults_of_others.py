"""Faults that other servers had, tried here; docs/security.md lists all, each with the test that shows it."""

import hmac
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import Client
from fido2.webauthn import AuthenticatorData

from authsvc.core.ids import b64u, new_id
from authsvc.core.remembered import forget_everything
from authsvc.devices.models import Device
from authsvc.oidc.callers.assertion import TYPE
from authsvc.oidc.models import BackchannelRequest, Grant, Session, Token
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.sessions.session import session_cookie
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.subjects.models import Subject
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from devtools.phone.authenticator import Authenticator
from portal.accounts.models import User
from tests.factories import make_subject, make_tenant, offer_sample_key
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.provider.ciba.conftest import HINT, Starter
from tests.provider.ciba.test_answers import approve, at_the_phone
from tests.provider.tokens import key_set, new_key, signed, unsigned
from tests.tenancy.people import PASSWORD, make_user, signed_in
from tests.unit.capture.agent import Agent

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_the_page_names_twenty_faults_and_tests_that_there_are() -> None:
    table = PAGE.split("## Faults that others had", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and "`" in line]
    named = [re.findall(r"`([\w/]+\.py)::(\w+)`", row) for row in rows]
    assert len(rows) == 20
    assert all(named), "a fault without a test"
    for file, test in {each for row in named for each in row}:
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"def {test}\(", text), f"{file}::{test}"


# --- WebAuthn checks missing at registration


@pytest.fixture
def making(tenant: Tenant) -> tuple[Agent, Transaction]:
    """Somebody before the making of a passkey."""
    offer_sample_key()
    agent = Agent(tenant)
    return agent, agent.open(Transaction.Kind.ENROL, subject=make_subject())


def made(agent: Agent, row: Transaction, **changes: Any) -> Any:
    options = agent.options(row)
    return agent.passkey(row, agent.answer({**options, **changes}))


def test_a_passkey_is_made_for_this_challenge_alone(making: tuple[Agent, Transaction]) -> None:
    agent, row = making
    assert made(agent, row, challenge="A" * 43).status_code == 403
    assert not Device.objects.exists()


def test_a_passkey_is_made_at_this_origin_and_for_this_rp_id_alone(
    making: tuple[Agent, Transaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, row = making
    elsewhere = agent.answer(agent.options(row), origin="https://evil.example")
    assert agent.passkey(row, elsewhere).status_code == 403
    assert made(agent, row, rp={"id": "evil.example", "name": "x"}).status_code == 403
    assert not Device.objects.exists()


@pytest.mark.parametrize("flag", ["UV", "UP"])
def test_a_passkey_is_made_by_somebody_who_is_there_and_verified(
    making: tuple[Agent, Transaction], monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    agent, row = making
    usual = Authenticator._flags

    def without(self: Authenticator, *args: Any, **kwargs: Any) -> Any:
        return usual(self, *args, **kwargs) & ~AuthenticatorData.FLAG[flag]

    monkeypatch.setattr(Authenticator, "_flags", without)
    assert made(agent, row).status_code == 403
    assert not Device.objects.exists()


def test_what_was_made_for_one_is_no_answer_for_another(making: tuple[Agent, Transaction]) -> None:
    agent, row = making
    credential = agent.answer(agent.options(row))
    other = agent.open(Transaction.Kind.ENROL, subject=make_subject())
    agent.options(other)
    assert agent.passkey(other, credential).status_code == 403
    assert not Device.objects.exists()


# --- a reset reachable without its proof


def reset_with(user: User, key: str) -> bool:
    """Follow a link of this key, send its form and the last step; whether the new password counts then."""
    visitor, new = Client(), "another pass phrase"
    place = f"/account/password/reset/key/{user_pk_to_url_str(user)}-"
    visitor.get(f"{place}{key}/")
    for step in (key, "set-password"):
        visitor.post(f"{place}{step}/", {"password1": new, "password2": new})
    user.refresh_from_db()
    return user.check_password(new)


def test_a_password_is_set_anew_by_the_mailed_link_alone(
    tenant: Tenant, mailoutbox: list[EmailMessage]
) -> None:
    user, other = make_user((tenant, Role.ADMIN)), make_user((tenant, Role.ADMIN))
    keys = []
    for one in (user, other):
        TOTP.activate(one, generate_totp_secret())
        Client().post("/account/password/reset/", {"email": one.email})
        keys += re.findall(r"/key/[0-9a-z]+-(.+)/", str(mailoutbox[-1].body))
    mailed, of_another = keys
    for key in ("set-password", of_another, f"{mailed[:-1]}{'b' if mailed[-1] == 'a' else 'a'}", "a" * 40):
        assert not reset_with(user, key)
    assert user.check_password(PASSWORD)
    assert reset_with(user, mailed)


# --- algorithm confusion in assertions


def by_hand(header: dict[str, Any], claims: dict[str, Any], *, secret: bytes) -> str:
    """A compact JWS with an HMAC, as libraries refuse to make it."""
    parts = [b64u(json.dumps(part).encode()) for part in (header, claims)]
    return ".".join([*parts, b64u(hmac.digest(secret, ".".join(parts).encode(), "sha256"))])


def assertion_of(partner: Partner, tenant: Tenant) -> dict[str, Any]:
    name = partner.party.client_id
    claims = {"iss": name, "sub": name, "aud": issuer_of(tenant), "jti": new_id()}
    return {**claims, "exp": int(time.time()) + 60}


@pytest.mark.parametrize("registered", ["RS256", "ES256"])
def test_a_public_key_is_no_secret_to_sign_assertions_with(visitor: Browser, registered: str) -> None:
    key = new_key(registered)
    partner = make_partner(token_endpoint_auth_method="private_key_jwt", jwks=key_set(key))
    claims = assertion_of(partner, visitor.tenant)
    public = key.as_pem(private=False)
    confused = by_hand({"alg": "HS256", "kid": key.kid}, claims, secret=public)
    good = signed(claims, key, algorithm=registered)
    for text in (confused, unsigned(good)):
        body = {"token": "x", "client_assertion": text, "client_assertion_type": TYPE}
        answer = visitor.http.post(f"{visitor.root}revoke", body)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
    body = {"token": "x", "client_assertion": good, "client_assertion_type": TYPE}
    assert visitor.http.post(f"{visitor.root}revoke", body).status_code == 200


# --- a lock that is checked when a request begins and not when it is redeemed


@pytest.mark.parametrize("gone", ["person", "client"])
def test_who_is_closed_after_the_approval_gives_nobody_a_token(visitor: Browser, gone: str) -> None:
    key = new_key("ES256")
    starter = Starter(make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll"), key, visitor)
    person = make_person(external_id=HINT)
    auth_req_id = starter.ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    approve(visitor, person)
    if gone == "person":
        Subject.objects.filter(pk=person.pk).update(status=Subject.Status.CLOSED)
    else:
        starter.partner.party.status = "suspended"
        starter.partner.party.save(update_fields=["status"])
        forget_everything()
    BackchannelRequest.objects.update(polled_at=None)
    assert starter.poll(auth_req_id).status_code in {400, 401}
    assert not Token.objects.exists()


# --- what a site asked for, forged when a session is begun anew


def test_what_was_asked_for_is_the_transactions_and_no_parameters(visitor: Browser) -> None:
    partner, thief = make_partner(), make_partner(name="Thief", redirect_uris=["https://thief.example/"])
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person())
    forged = visitor.request(thief, scope="openid email", state="forged", nonce="forged")
    answer = visitor.http.get(f"{visitor.root}authorize/resume/{txn}", forged)
    assert answer["Location"].startswith(partner.party.redirect_uris[0])
    given = answer_of(answer)
    assert given["state"] == "state-1"
    assert visitor.redeem(thief, given["code"]).status_code == 400
    assert Grant.objects.get().client_id == partner.party.pk


# --- parameters of an answer that a request adds to


@pytest.mark.parametrize(
    "state",
    [
        "x&code=evil&iss=https://evil.example",
        "x#code=evil",
        "x;code=evil",
        "x%26code=e",
        'x"><input type="hidden" name="code" value="evil',
    ],
)
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_an_answer_has_each_parameter_once(visitor: Browser, state: str, mode: str) -> None:
    partner = make_partner()
    txn = visitor.opened(visitor.authorize(partner, state=state, response_mode=mode))
    visitor.prove(txn, make_person())
    response = visitor.resume(txn)
    given = answer_of(response)
    assert given["state"] == state
    assert given["iss"] == issuer_of(visitor.tenant)
    assert given["code"] != "evil"
    if mode != "form_post":
        parts = urlsplit(response["Location"])
        names = [name for name, _ in parse_qsl(parts.query if mode == "query" else parts.fragment)]
        assert sorted(names) == sorted(set(names))
        assert not (parts.fragment if mode == "query" else parts.query)


# --- a cookie that is guessed, or made from what a database shows


def test_what_the_table_of_sessions_shows_opens_none(visitor: Browser) -> None:
    visitor.sign_in(make_partner(), make_person())
    row = Session.objects.get()
    name = session_cookie(visitor.tenant)
    assert len(visitor.http.cookies[name].value) >= 43
    for guess in (row.pk, row.digest, str(row.subject_id), "1", ""):
        stranger = Browser(visitor.tenant)
        stranger.http.cookies[name] = guess
        answer = stranger.authorize(make_partner(), prompt="none")
        assert answer_of(answer)["error"] == "login_required"


# --- a forged host in mailed links


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "Forwarded", "X-Host"])
def test_a_mailed_link_leads_here_whatever_host_was_asked(
    tenant: Tenant, mailoutbox: list[EmailMessage], header: str
) -> None:
    user = make_user((tenant, Role.ADMIN))
    TOTP.activate(user, generate_totp_secret())
    forged = {header: "host=evil.example" if header == "Forwarded" else "evil.example"}
    answer = Client().post("/account/password/reset/", {"email": user.email}, headers=forged)
    if header == "Host":
        assert answer.status_code == 400
        assert mailoutbox == []
        return
    (mail,) = mailoutbox
    assert "/password/reset/key/" in str(mail.body)
    assert "evil.example" not in str(mail.body)


# --- an empty form that passes for a step


@pytest.mark.parametrize("given", [{}, {"code": ""}, {"credential": "{}"}, {"credential": ""}])
def test_nothing_at_all_is_no_second_factor(tenant: Tenant, given: dict[str, str]) -> None:
    user = make_user((tenant, Role.OWNER))
    TOTP.activate(user, generate_totp_secret())
    visitor = Client()
    begun = visitor.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert begun.status_code == 302
    visitor.post(begun["Location"], given)
    assert visitor.get(f"/portal/{tenant.slug}/").status_code in {302, 401, 403}
    assert "_auth_user_id" not in visitor.session


@pytest.mark.parametrize("left", [{"pending", "answer"}, {"pending"}, {"answer"}])
def test_nothing_at_all_is_no_consent(visitor: Browser, left: set[str]) -> None:
    partner = make_partner(first_party=False)
    txn = visitor.opened(visitor.authorize(partner))
    visitor.prove(txn, make_person())
    question = visitor.resume(txn)
    given = {"pending": question.context["pending"], "answer": "yes"}
    sent = {name: value for name, value in given.items() if name not in left}
    answer = visitor.http.post(f"{visitor.root}authorize/consent", sent)
    assert "code=" not in answer.get("Location", "")
    assert not Grant.objects.exists()


def test_nothing_at_all_is_no_approval(visitor: Browser) -> None:
    key = new_key("ES256")
    starter = Starter(make_partner(jwks=key_set(key), backchannel_token_delivery_mode="poll"), key, visitor)
    person = make_person(external_id=HINT)
    auth_req_id = starter.ask().json()["auth_req_id"]
    at_the_phone(visitor, person)
    row, before = BackchannelRequest.objects.get(), Transaction.objects.count()
    visitor.http.post(f"{visitor.root}approve/{row.pk}/", {})
    assert Transaction.objects.count() == before
    assert starter.poll(auth_req_id).json()["error"] == "access_denied"


# --- reads that return secrets


def test_a_registration_that_is_read_shows_no_secret(visitor: Browser) -> None:
    set_options(dynamic_registration=True, open_registration=True)
    document = {"redirect_uris": ["https://a.example/cb"]}
    made_ = visitor.http.post(f"{visitor.root}register", document, content_type="application/json").json()
    headers = {"Authorization": f"Bearer {made_['registration_access_token']}"}
    path = urlsplit(made_["registration_client_uri"]).path
    read = visitor.http.get(path, headers=headers).json()
    assert made_["client_secret"]
    assert "client_secret" not in read
    assert made_["client_secret"] not in str(read)


def test_a_relying_party_that_is_looked_at_shows_no_secret(tenant: Tenant) -> None:
    partner = make_partner()
    digests = list(partner.party.secrets.values_list("digest", flat=True))
    page = signed_in(make_user((tenant, Role.OWNER))).get(
        f"/portal/{tenant.slug}/relying-parties/{partner.party.pk}/"
    )
    assert page.status_code == 200
    for hidden in (str(partner.secret), *digests):
        assert hidden not in page.content.decode()


# --- the account of the session in place of the passkey's


def test_who_signs_in_is_the_passkeys_and_not_the_sessions(visitor: Browser) -> None:
    partner, ada, bob = make_partner(), make_person(), make_person(name="Bob")
    visitor.sign_in(partner, ada)
    code = visitor.sign_in(partner, bob, prompt="login")["code"]
    visitor.redeem(partner, code)
    assert Grant.objects.latest("created_at").subject_id == bob.pk
    assert Session.objects.filter(ended_at=None).get().subject_id == bob.pk


# --- the organisation that a request names in place of that of what is acted on


def test_a_passkey_is_looked_for_at_its_own_organisation(tenant: Tenant) -> None:
    """The path, the header and the cookie name one organisation, and the passkey is another's."""
    offer_sample_key()
    agent = Agent(tenant)
    agent.enrolled(reference="")
    other = make_tenant()
    with tenant_scope(other.id):
        offer_sample_key()
        row = agent.open()
        row.refresh_from_db()
        options = agent.client.post(
            f"/t/{other.slug}/agent/{row.id}/passkey/options",
            {"session_key": agent.session_key},
            content_type="application/json",
            headers={"origin": settings.BASE_URL, "X-Tenant": tenant.slug},
        ).json()["publicKey"]
        credential = agent.authenticator.get(options, settings.BASE_URL).credential
        answer = agent.client.post(
            f"/t/{other.slug}/agent/{row.id}/passkey",
            {"credential": credential, "agent": agent.described()},
            content_type="application/json",
            headers={"origin": settings.BASE_URL, "X-Tenant": tenant.slug},
        )
        assert answer.status_code == 403
        row.refresh_from_db()
        assert row.subject_id is None
