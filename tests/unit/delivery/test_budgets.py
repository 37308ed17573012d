"""A relying party that does not answer keeps nobody else waiting, however much is due to it."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from authsvc.delivery import sender
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import put
from authsvc.delivery.sender import send_due
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from config.celery import app
from tests.campaign import Size
from tests.factories import make_tenant
from tests.provider.receiver import Receiver, receiving
from tests.unit.delivery.conftest import Told, change, party


def test_a_silent_endpoint_with_many_notices_takes_one_budget_a_run(
    tenant: Tenant, told: Told, receiver: Receiver, silent: str, short: float, size: Size
) -> None:
    notices = size("notices", sample=200, whole=5000)
    quiet = party(silent)
    for number in range(notices):
        put(told.kind, client=quiet, about=f"quiet {number}")
    others = [party(f"{receiver.url}/{number}") for number in range(5)]
    for other in others:
        put(told.kind, client=other, about="news")
    began = monotonic()
    assert send_due() == len(others)
    took = monotonic() - began
    assert took < 200 * short / 10  # each on its own would take as many times `short`
    assert sorted(path for path, _ in receiver.arrived) == [f"/{number}" for number in range(5)]
    untried = Delivery.objects.filter(client=quiet, tries=0)
    assert untried.exclude(due_at=None).count() == notices - 1
    assert Delivery.objects.get(client=quiet, tries=1).problem


def test_who_comes_while_a_silent_endpoint_is_called_is_told_in_the_same_run(
    tenant: Tenant, told: Told, receiver: Receiver, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("authsvc.delivery.calling.LONGEST", 2.0)
    monkeypatch.setattr(sender, "LOOK", 0.05)
    late, quiet = party(f"{receiver.url}/late"), party(silent)

    def make(delivery: Delivery) -> object:
        # The silent endpoint's call is being made: what is put in now was not there when the run began.
        if delivery.client_id == quiet.pk:
            put(told.kind, client=late, about="news")
        return plain(delivery)

    plain = told.kind.make
    change(told, make=make)
    put(told.kind, client=quiet, about="quiet")
    assert send_due() == 1
    assert [path for path, _ in receiver.arrived] == ["/late"]


def test_a_quick_endpoint_gets_all_that_is_due_to_it_in_one_run(
    tenant: Tenant, told: Told, receiver: Receiver
) -> None:
    one = party(f"{receiver.url}/one")
    for number in range(20):
        put(told.kind, client=one, about=str(number))
    assert send_due() == 20
    assert [body for _, body in receiver.arrived] == [str(number).encode() for number in range(20)]


def test_slow_relying_parties_share_half_of_the_calls(
    tenant: Tenant, told: Told, receiver: Receiver, short: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "AT_ONCE", 2)
    monkeypatch.setattr(sender, "SLOW_AT_ONCE", 1)
    with receiving() as first, receiving() as second:
        slow = [party(f"{each.url}/slow") for each in (first, second)]
        for each in slow:
            sender._slow.keep(each.pk, True)
            put(told.kind, client=each, about="news")
        run = sender._Run()
        run.look()
        with ThreadPoolExecutor(2) as pool:
            run.start(pool)
            assert [under.lane.is_slow for under in run.under_way.values()] == [True]
            put(told.kind, client=party(f"{receiver.url}/quick"), about="news")
            run._next_look = 0.0
            run.look()
            run.start(pool)
            assert [under.lane.is_slow for under in run.under_way.values()] == [True, False]


def test_one_host_is_called_once_at_a_time(
    tenant: Tenant, told: Told, silent: str, receiver: Receiver, short: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "RUN", short)
    for _ in range(6):
        put(told.kind, client=party(silent), about="quiet")
    put(told.kind, client=party(receiver.url), about="news")
    assert send_due() == 1
    assert Delivery.objects.filter(tries=1, delivered_at=None).count() == 1
    assert Delivery.objects.filter(tries=0).exclude(due_at=None).count() == 5


def test_a_run_ends_though_more_is_due(
    tenant: Tenant, told: Told, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "RUN", -1.0)
    put(told.kind, client=party(receiver.url), about="news")
    assert send_due() == 0
    assert Delivery.objects.get().tries == 0


def test_a_second_run_in_the_same_process_does_nothing(
    tenant: Tenant, told: Told, receiver: Receiver
) -> None:
    put(told.kind, client=party(receiver.url), about="news")
    with sender._running:
        assert send_due() == 0
    assert send_due() == 1


def test_one_tenants_trouble_does_not_stop_the_others(
    tenant: Tenant, told: Told, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_tenant()

    def make(delivery: Delivery) -> object:
        if delivery.tenant_id == other.id:
            raise RuntimeError("this tenant's keys cannot be opened")
        return plain(delivery)

    plain = told.kind.make
    change(told, make=make)
    with tenant_scope(other.id):
        put(told.kind, client=party(receiver.url), about="theirs")
    put(told.kind, client=party(receiver.url), about="ours")
    assert send_due() == 1
    assert [body for _, body in receiver.arrived] == [b"ours"]
    with tenant_scope(other.id):
        assert Delivery.objects.get().tries == 1
    assert "cannot be made" in caplog.text


def test_deliveries_stand_on_a_queue_of_their_own() -> None:
    routes = app.conf.task_routes
    assert routes["authsvc.delivery.tasks.deliver"]["queue"] == "deliveries"
    others = {route["queue"] for name, route in routes.items() if name != "authsvc.delivery.tasks.deliver"}
    assert "deliveries" not in others
