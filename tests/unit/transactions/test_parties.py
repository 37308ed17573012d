"""Each step of a transaction is one party's: told apart here, though one browser plays both parts today."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from authsvc.capture.browser import cookie_name
from authsvc.capture.urls import urlpatterns
from authsvc.core.errors import Refused
from authsvc.core.ids import new_secret, secret_hash
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import parties, services
from authsvc.transactions.models import Transaction
from authsvc.transactions.parties import Party, is_party
from tests.factories import make_tenant
from tests.unit.transactions import flow

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[3]
DESK, PHONE = new_secret(), new_secret()


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    made = make_tenant()
    with tenant_scope(made.id):
        yield made


@pytest.fixture
def two_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the phone be the agent of every transaction that the desk began."""
    keys = {Party.INITIATOR: DESK, Party.AGENT: PHONE}
    monkeypatch.setattr(parties, "_digest_of", lambda row, party: secret_hash(keys[party]))


def decided(key: str) -> Transaction:
    row = flow.proven(flow.person()[1], browser_key=key)
    services.decline_face(row)
    return row


def test_one_browser_plays_both_parts() -> None:
    row = flow.opened(browser_key=DESK)
    assert all(is_party(row, party, DESK) for party in Party)
    assert not any(is_party(row, party, key) for party in Party for key in (PHONE, "", None))


@pytest.mark.usefixtures("two_browsers")
def test_the_agent_takes_no_result() -> None:
    row = decided(DESK)
    with pytest.raises(Refused, match="foreign-browser"):
        services.consume(row.id, PHONE, at=f"/done/{row.id}")
    assert services.consume(row.id, DESK, at=f"/done/{row.id}").state == Transaction.State.CONSUMED


@pytest.mark.usefixtures("two_browsers")
def test_a_sign_in_that_was_left_goes_back_by_way_of_its_initiator() -> None:
    row = flow.opened(browser_key=DESK)
    assert services.own_transaction(row.id, DESK) == row
    services.cancel(row)
    assert services.own_transaction(row.id, DESK) == row
    assert services.own_transaction(row.id, PHONE) is None


def _steps() -> list[URLPattern]:
    return [route for route in urlpatterns if "<str:txn>" in str(route.pattern)]


@pytest.mark.usefixtures("two_browsers")
@pytest.mark.parametrize("route", _steps(), ids=lambda route: route.name)
def test_every_step_before_the_person_is_the_agents(route: URLPattern, tenant: Tenant, settings: Any) -> None:
    row, statuses = flow.opened(browser_key=DESK), {}
    path = f"/t/{tenant.slug}/" + str(route.pattern).replace("<str:txn>", row.id)
    for key in (DESK, PHONE):
        client = Client(headers={"origin": settings.BASE_URL})
        client.cookies[cookie_name(row.id)] = key
        answer = client.get(path)
        if answer.status_code == 405:
            answer = client.post(path, {}, content_type="application/json")
        statuses[key] = answer.status_code
    assert statuses[DESK] == 403
    assert statuses[PHONE] != 403


def test_nobody_else_compares_a_digest() -> None:
    """Whoever did would let the desk upload, or the phone take the result, once they are two."""
    readers = {
        path.relative_to(ROOT).as_posix()
        for package in ("authsvc", "portal", "config")
        for path in (ROOT / package).rglob("*.py")
        if "browser_digest" in path.read_text(encoding="utf-8") and "migrations" not in path.parts
    }
    stores = {"authsvc/transactions/models.py", "authsvc/transactions/lifecycle.py", "authsvc/seals/kinds.py"}
    assert readers == {"authsvc/transactions/parties.py", *stores}
