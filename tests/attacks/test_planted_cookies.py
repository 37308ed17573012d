"""T04, T18: what somebody planted in a person's browser, or lured them into, signs nobody else in."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.capture.browser import MOST, cookie_name, set_browser_key
from authsvc.core.ids import new_id, new_secret, secret_hash
from authsvc.delivery.models import Delivery
from authsvc.devices.models import Device
from authsvc.oidc.models import Session
from authsvc.oidc.offering.options import set_options
from authsvc.oidc.offering.persons import test_persons as persons
from authsvc.oidc.sessions.session import session_cookie
from authsvc.person.models import Visit
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions.models import Transaction
from tests.factories import make_tenant, offer_sample_key
from tests.provider.browser import Browser, Partner, answer_of, make_partner, make_person
from tests.unit.capture.agent import Agent

OLD = "A" * 43


@pytest.fixture
def victim(tenant: Tenant) -> Agent:
    """A person with a passkey, in a browser of their own."""
    offer_sample_key()
    agent = Agent(tenant)
    agent.enrolled(reference="")
    return agent


@pytest.fixture
def attacker(tenant: Tenant) -> Browser:
    return Browser(tenant)


@pytest.fixture
def partner(tenant: Tenant) -> Partner:
    return make_partner()


def plant(victim: Agent, attacker: Browser, txn: str) -> Transaction:
    """Put every cookie of the attacker's browser into the victim's, the true key among them."""
    for name, cookie in attacker.http.cookies.items():
        victim.client.cookies[name] = cookie.value
    return Transaction.objects.get(pk=txn)


def test_t04_a_planted_cookie_of_any_value_is_never_taken_up(attacker: Browser, partner: Partner) -> None:
    planted = {"visor_agent": OLD, cookie_name(""): OLD, cookie_name(new_id()): OLD}
    for name, value in planted.items():
        attacker.http.cookies[name] = value
    keys = set()
    for _ in range(2):
        txn = attacker.opened(attacker.authorize(partner, prompt="login"))
        key = attacker.http.cookies[cookie_name(txn)].value
        assert Transaction.objects.get(pk=txn).browser_digest == secret_hash(key)
        keys.add(key)
    assert len(keys - {OLD}) == 2
    for name in ("visor_agent", cookie_name("")):
        stranger = Client()
        stranger.cookies[name] = key
        assert stranger.get(f"{attacker.root}signin/{txn}/").status_code == 403


def test_t04_whoever_has_no_key_is_at_no_step(victim: Agent, attacker: Browser, partner: Partner) -> None:
    row = Transaction.objects.get(pk=attacker.opened(attacker.authorize(partner)))
    root = attacker.root
    assert victim.client.get(f"{root}signin/{row.pk}/").status_code == 403
    assert victim.post(row, "passkey/options", {"session_key": victim.session_key}).status_code == 403
    assert victim.passkey(row, {}).status_code == 403
    assert victim.client.get(f"{root}authorize/resume/{row.pk}").status_code == 403


def test_t04_a_victim_who_proves_in_anothers_transaction_signs_that_browser_in_nowhere(
    victim: Agent, attacker: Browser, partner: Partner
) -> None:
    row = plant(victim, attacker, attacker.opened(attacker.authorize(partner)))
    assert victim.passkey(row).json()["next"] == "done"
    assert attacker.resume(row.pk).status_code == 403
    assert attacker.http.get(f"{attacker.root}signin/{row.pk}/").status_code == 403
    assert not Session.objects.exists()
    mine = Browser(victim.tenant, http=victim.client)
    assert "code" in answer_of(mine.resume(row.pk))


def test_t04_nor_does_an_approval_a_visit_or_a_second_passkey(victim: Agent, attacker: Browser) -> None:
    entering = attacker.opened(attacker.http.post(f"{attacker.root}approve/enter"))
    visiting = attacker.opened(attacker.http.post(f"{attacker.root}me/enter"))
    for txn, back in ((entering, "approve/entered/{}"), (visiting, "me/entered/{}/")):
        assert victim.passkey(plant(victim, attacker, txn)).json()["next"] == "done"
        assert attacker.http.get(f"{attacker.root}{back.format(txn)}").status_code == 403
    assert not Session.objects.exists()
    assert not Visit.objects.exists()


def test_t04_a_binding_that_a_victim_proved_takes_no_passkey_of_the_attacker(
    victim: Agent, attacker: Browser
) -> None:
    begun = attacker.http.post(f"{attacker.root}passkeys/", headers={"origin": victim.origin})
    txn = begun["Location"].rstrip("/").rsplit("/", 1)[1]
    row = plant(victim, attacker, txn)
    assert victim.passkey(row).json()["next"] == "create"
    thief = Agent(victim.tenant)
    thief.client, thief.session_key = attacker.http, victim.session_key
    answer = thief.post(row, "passkey/options", {"session_key": thief.session_key})
    assert answer.status_code == 403
    assert Device.objects.count() == 1


def test_t04_the_sandboxs_form_hands_nothing_to_another_browser(
    victim: Agent, attacker: Browser, partner: Partner
) -> None:
    set_options(sandbox_authenticator=True)
    form = attacker.authorize(partner)["Location"]
    plant(victim, attacker, form.rstrip("/").rsplit("/", 1)[1])
    chosen = {"person": str(persons()[0].pk), "outcome": "accepted-l2"}
    onward = victim.client.post(form, chosen)["Location"]
    assert attacker.http.get(onward).status_code == 403
    assert "code" in answer_of(victim.client.get(onward))


def test_t04_the_key_is_renewed_at_each_use_of_a_passkey(victim: Agent) -> None:
    row = victim.open(Transaction.Kind.BIND)
    seen = [victim.client.cookies[cookie_name(row.pk)].value]
    for _ in range(2):
        victim.passkey(row)
        seen.append(victim.client.cookies[cookie_name(row.pk)].value)
    assert len(set(seen)) == 3
    row.refresh_from_db()
    assert row.browser_digest == secret_hash(seen[-1])


def test_t04_a_failed_try_leaves_the_key_as_it_was(victim: Agent) -> None:
    row = victim.open()
    key = victim.client.cookies[cookie_name(row.pk)].value
    credential = victim.answer(victim.options(row), origin="https://attacker.example")
    assert victim.passkey(row, credential).status_code == 403
    assert victim.client.cookies[cookie_name(row.pk)].value == key
    assert victim.passkey(row).status_code == 200


def test_t04_a_browser_holds_the_keys_of_a_few_transactions(attacker: Browser, partner: Partner) -> None:
    opened = [attacker.opened(attacker.authorize(partner)) for _ in range(MOST + 3)]
    held = [txn for txn in opened if attacker.http.cookies[cookie_name(txn)].value]
    assert (len(held), opened[-1] in held) == (MOST, True)
    # Browsers send the oldest first (RFC 6265 section 5.4); the tests' one sorts by name.
    sent = "; ".join(f"{cookie_name(txn)}={OLD}" for txn in opened)
    request, response = RequestFactory().get("/", headers={"Cookie": sent}), HttpResponse()
    set_browser_key(request, response, opened[-1], new_secret())
    assert {name for name, cookie in response.cookies.items() if not cookie.value} == {
        cookie_name(txn) for txn in opened[:-MOST]
    }


def test_t04_over_https_cookies_are_of_this_host_alone(
    victim: Agent, attacker: Browser, partner: Partner, settings: Any
) -> None:
    person = make_person()
    attacker.sign_in(partner, person)
    stolen = attacker.http.cookies[session_cookie(attacker.tenant)].value
    settings.SESSION_COOKIE_SECURE = True
    mine = Browser(victim.tenant, http=Client())
    for name in ("visor_session", f"visor_session_{mine.tenant.slug}", "visor_agent"):
        mine.http.cookies[name] = stolen
    txn = mine.opened(mine.authorize(partner))
    key = mine.http.cookies[f"__Host-visor_txn_{txn}"]
    mine.prove(txn, make_person())
    mine.resume(txn)
    session = mine.http.cookies[f"__Host-visor_session_{mine.tenant.slug}"]
    for cookie in (key, session):
        assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/")
        assert (cookie["domain"], cookie["samesite"]) == ("", "Lax")


def test_t04_a_session_at_one_tenant_is_none_at_another(attacker: Browser, partner: Partner) -> None:
    attacker.sign_in(partner, make_person())
    secret = attacker.http.cookies[session_cookie(attacker.tenant)].value
    elsewhere = make_tenant()
    assert session_cookie(elsewhere) != session_cookie(attacker.tenant)
    with tenant_scope(elsewhere.pk):
        other = Browser(elsewhere, http=attacker.http)
        other.http.cookies[session_cookie(elsewhere)] = secret
        other.opened(other.authorize(make_partner()))


@pytest.mark.requirement("SB-04")
def test_t18_the_secret_is_new_at_each_authentication_and_the_old_one_opens_nothing(
    attacker: Browser, partner: Partner
) -> None:
    person, name = make_person(), session_cookie(attacker.tenant)
    attacker.sign_in(partner, person, level="L1")
    before = attacker.http.cookies[name].value
    attacker.sign_in(partner, person, prompt="login", acr_values="urn:visor:L2")
    assert attacker.http.cookies[name].value != before
    assert Session.objects.count() == 1
    thief = Browser(attacker.tenant)
    thief.http.cookies[name] = before
    thief.opened(thief.authorize(partner))
    assert "code" in answer_of(attacker.authorize(partner, prompt="none"))


def test_t18_the_session_of_another_person_ends_and_its_sites_hear_of_it(visitor: Browser) -> None:
    partner = make_partner(backchannel_logout_uri="https://partner.example/logout")
    first, second = make_person(), make_person()
    visitor.sign_in(partner, first)
    before = visitor.http.cookies[session_cookie(visitor.tenant)].value
    visitor.sign_in(partner, second, prompt="login")
    old = Session.objects.get(subject=first)
    assert old.ended_at is not None
    assert [row.about for row in Delivery.objects.filter(kind="logout")] == [old.pk]
    assert AuditEvent.objects.get(tag=Tag.SIGNED_OUT).reason == "replaced"
    thief = Browser(visitor.tenant)
    thief.http.cookies[session_cookie(visitor.tenant)] = before
    thief.opened(thief.authorize(partner))


def test_t18_a_secret_that_another_tab_renewed_first_begins_a_session_of_its_own(visitor: Browser) -> None:
    partner, person = make_partner(), make_person()
    visitor.sign_in(partner, person)
    row = Session.objects.get()
    txn = visitor.opened(visitor.authorize(partner, prompt="login"))
    visitor.prove(txn, person)
    Session.objects.update(digest=secret_hash(new_secret()))
    assert "code" in answer_of(visitor.resume(txn))
    assert Session.objects.exclude(pk=row.pk).count() == 1
