"""Many at once: what may happen once happens once, and writers never lock each other out."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client

from authsvc.audit.sequencing import sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.verification import verify_log
from authsvc.biometrics import thresholds
from authsvc.capture import agent_api
from authsvc.clients.services import change
from authsvc.delivery.outbox import put
from authsvc.keys.signing import ensure_keys
from authsvc.oidc.sessions.logout.backchannel import LOGOUT
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.attacks.together import together
from tests.provider.browser import Browser, make_partner, make_person
from tests.provider.liveness.framed import SCOPES, Framed
from tests.provider.proofs import KeyHolder

pytestmark = [pytest.mark.needs("postgresql"), pytest.mark.django_db(transaction=True)]


def at_once(
    tries: int, tenant: Tenant, act: Callable[[Browser], Any], *, browser: Browser | None = None
) -> list[Any]:
    """What so many browsers got that did the same thing together; each has the cookies of `browser`."""

    def one() -> Any:
        own = Browser(tenant, http=Client())
        if browser is not None:
            own.http.cookies.load({name: cookie.value for name, cookie in browser.http.cookies.items()})
        return act(own)

    return together(tries, one)


@pytest.fixture
def visitor(shared: Tenant) -> Browser:
    """A browser at a tenant that other threads see."""
    return Browser(shared)


@pytest.mark.requirement("OIDC-BASIC-14")
def test_one_code_is_redeemed_once(tries: int, shared: Tenant, visitor: Browser) -> None:
    partner = make_partner()
    code = visitor.sign_in(partner, make_person())["code"]
    answers = at_once(tries, shared, lambda own: own.redeem(partner, code))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (tries - 1)
    good = next(answer for answer in answers if answer.status_code == 200)
    # The others were replays, so what the first one got is revoked.
    assert visitor.userinfo(good.json()["access_token"]).status_code == 401


@pytest.mark.requirement("S8.3-03")
def test_one_refresh_token_is_spent_once(tries: int, shared: Tenant, visitor: Browser) -> None:
    scopes = ["openid", "offline_access"]
    partner = make_partner(offline_access=True, scopes=scopes)
    tokens = visitor.tokens(partner, make_person(), scope=" ".join(scopes))
    answers = at_once(tries, shared, lambda own: own.refresh(partner, tokens["refresh_token"]))
    assert {answer.status_code for answer in answers} == {200}
    # Tabs that collide send the identical request: all get the one answer, and there is one successor.
    successors = {answer.json()["refresh_token"] for answer in answers}
    assert len(successors) == 1
    assert visitor.refresh(partner, successors.pop()).status_code == 200


@pytest.mark.requirement("OIDC-FAPI-02")
def test_one_pushed_request_is_answered_once(tries: int, shared: Tenant, visitor: Browser) -> None:
    partner = make_partner()
    visitor.sign_in(partner, make_person())
    pushed = visitor.http.post(f"{visitor.root}par", visitor.request(partner), headers=partner.basic()).json()
    query = {"client_id": partner.party.client_id, "request_uri": pushed["request_uri"]}
    answers = at_once(tries, shared, lambda own: own.http.get(f"{own.root}authorize", query), browser=visitor)
    codes = [found for found in map(code_of, answers) if found]
    assert len(codes) == 1
    assert all(answer.status_code < 500 for answer in answers)
    assert visitor.redeem(partner, codes[0]).status_code == 200


@pytest.mark.requirement("S6.4-01")
def test_one_result_of_liveness_is_told_once(
    tries: int, shared: Tenant, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thresholds, "weakness_here", lambda *_: "")
    monkeypatch.setattr(agent_api, "enqueue_verification", lambda **_: None)
    framed = Framed(KeyHolder(visitor, {"scopes": SCOPES})).seen()
    proofs = [framed.holder.assertion() for _ in range(tries)]
    where = f"{visitor.root}liveness/sessions/{framed.id}"
    answers = at_once(tries, shared, lambda own: own.http.post(where, proofs.pop()))
    assert sorted(answer.status_code for answer in answers) == [200] + [410] * (tries - 1)


@pytest.mark.requirement("S9.4-12")
def test_events_of_one_moment_come_into_one_log(tries: int, shared: Tenant) -> None:
    sequence()
    before = verify_log().events

    def write(_: Browser) -> None:
        with tenant_scope(shared.id), transaction.atomic():
            record(Tag.CLIENT_CHANGED, reason="at once")

    at_once(tries, shared, write)
    assert sequence() == tries
    assert verify_log() == (before + tries, 0, None)


def code_of(answer: Any) -> str:
    """The code that an answer carries, or nothing."""
    return parse_qs(urlsplit(answer.headers.get("Location", "")).query).get("code", [""])[0]


@pytest.mark.parametrize("change_of", ["keys", "relying party"])
def test_a_change_of_a_shared_row_does_not_lock_out_a_writer(shared: Tenant, change_of: str) -> None:
    """Rows that refer to one another are locked without their key, which foreign keys need to see."""
    partner = make_partner()
    ready = threading.Event()

    def write() -> None:
        with tenant_scope(shared.id), transaction.atomic():
            put(LOGOUT, client=partner.party, about="s", sub="s")
            record(Tag.CLIENT_CHANGED, client=partner.party.client_id)
            ready.set()
            time.sleep(0.5)

    def alter() -> None:
        ready.wait()
        with tenant_scope(shared.id):
            if change_of == "keys":
                ensure_keys(["EdDSA"])
            else:
                change(party=partner.party, name="Another name")

    def closing(act: Callable[[], None]) -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(closing, write), pool.submit(closing, alter)]:
            done.result()
