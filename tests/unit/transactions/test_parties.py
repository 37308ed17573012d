"""Each step of a transaction is one party's: the desk's, which began it, or the phone's that took it over."""

import re
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
from authsvc.transactions import services
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


def taken_over() -> Transaction:
    """Open a sign-in at the desk whose agent is the phone."""
    row = flow.opened(browser_key=DESK)
    row.agent_digest, row.agent_path = secret_hash(PHONE), f"/handed/{row.pk}"
    row.save()
    return row


def test_one_browser_plays_both_parts() -> None:
    row = flow.opened(browser_key=DESK)
    assert all(is_party(row, party, DESK) for party in Party)
    assert not any(is_party(row, party, key) for party in Party for key in (PHONE, "", None))


def test_the_agent_takes_no_result() -> None:
    row = taken_over()
    flow.prove(row, flow.person()[1], browser_key=PHONE)
    services.decline_face(row)
    with pytest.raises(Refused, match="foreign-browser"):
        services.consume(row.id, PHONE, at=f"/done/{row.id}")
    assert services.consume(row.id, DESK, at=f"/done/{row.id}").state == Transaction.State.CONSUMED


def test_a_sign_in_that_was_left_goes_back_by_way_of_its_initiator() -> None:
    row = taken_over()
    assert services.own_transaction(row.id, DESK) == row
    services.cancel(row)
    assert services.own_transaction(row.id, DESK) == row
    assert services.own_transaction(row.id, PHONE) is None


def _steps(*rooms: str) -> list[URLPattern]:
    return [
        route
        for route in urlpatterns
        if str(route.pattern).startswith(tuple(f"{room}/<str:txn>" for room in rooms))
    ]


def _answers(route: URLPattern, tenant: Tenant, settings: Any) -> dict[str, int]:
    """What desk and phone are answered at a route of a sign-in that the phone took over."""
    row, statuses = taken_over(), {}
    path = f"/t/{tenant.slug}/" + str(route.pattern).replace("<str:txn>", row.id)
    for key in (DESK, PHONE):
        client = Client(headers={"origin": settings.BASE_URL})
        client.cookies[cookie_name(row.id)] = key
        answer = client.get(path)
        if answer.status_code == 405:
            answer = client.post(path, {}, content_type="application/json")
        statuses[key] = answer.status_code
    return statuses


@pytest.mark.parametrize("route", _steps("agent"), ids=lambda route: route.name)
def test_every_step_before_the_person_is_the_agents(route: URLPattern, tenant: Tenant, settings: Any) -> None:
    statuses = _answers(route, tenant, settings)
    assert statuses[DESK] == 403
    # The shipped model sends nothing down, to whomever (S6.3-01).
    assert (statuses[PHONE] == 403) is (route.name == "outgoing")


@pytest.mark.parametrize("route", _steps("desk"), ids=lambda route: route.name)
def test_every_step_at_the_desk_is_the_initiators(route: URLPattern, tenant: Tenant, settings: Any) -> None:
    statuses = _answers(route, tenant, settings)
    assert statuses[DESK] != 403
    assert statuses[PHONE] == 403


def test_every_step_is_one_of_the_two(tenant: Tenant, settings: Any) -> None:
    """The page leads the desk to its own; and a code is for who holds its secret."""
    pages = [route for route in _steps("signin", "handoff") if "<str:secret>" not in str(route.pattern)]
    named = {route.name for route in urlpatterns if "<str:txn>" in str(route.pattern)}
    assert named == {route.name for route in (*_steps("agent", "desk"), *pages)} | {"handoff"}
    (page, end) = (_answers(route, tenant, settings) for route in pages)
    assert page == {DESK: 302, PHONE: 200}
    assert end == {DESK: 403, PHONE: 302}


def test_nobody_else_compares_a_digest() -> None:
    """Whoever did would let the desk upload, or the phone take the result, once they are two."""
    named = re.compile(r"browser_digest|agent_digest")
    readers = {
        path.relative_to(ROOT).as_posix()
        for package in ("authsvc", "portal", "config")
        for path in (ROOT / package).rglob("*.py")
        if named.search(path.read_text(encoding="utf-8")) and "migrations" not in path.parts
    }
    stores = {f"authsvc/transactions/{name}.py" for name in ("models", "lifecycle", "handoff")}
    assert readers == {"authsvc/transactions/parties.py", "authsvc/seals/kinds.py", *stores}
