"""The outbox: when a delivery is due, how often it is tried, and who hears how it ended."""

from datetime import timedelta

import pytest
from django.db.models import F

from authsvc.core.clock import now
from authsvc.delivery.kinds import Outcome, register
from authsvc.delivery.models import Delivery
from authsvc.delivery.outbox import due, hasten, put, take
from authsvc.delivery.sender import send_due
from authsvc.tenancy.models import Tenant
from tests.provider.receiver import Receiver
from tests.sweeping import erased
from tests.unit.delivery.conftest import Told, change, party


def pass_time(seconds: int) -> None:
    Delivery.objects.exclude(due_at=None).update(due_at=F("due_at") - timedelta(seconds=seconds))


def test_it_is_made_sent_and_settled_once(tenant: Tenant, told: Told, receiver: Receiver) -> None:
    put(told.kind, client=party(f"{receiver.url}/news"), about="news")
    assert [send_due(), send_due()] == [1, 0]
    assert receiver.arrived == [("/news", b"news")]
    assert receiver.headers[0]["Content-Type"] == "text/plain"
    assert told.ends == [("news", Outcome(True, "it answered 200", 200))]
    row = Delivery.objects.get()
    assert (row.due_at, row.problem) == (None, "")
    assert row.delivered_at is not None


def test_its_kind_says_how_often_it_is_tried(tenant: Tenant, told: Told, receiver: Receiver) -> None:
    receiver.status = 503
    put(told.kind, client=party(receiver.url), about="news")
    for seconds in (10, 20, 1000):
        assert send_due() == 0
        row = Delivery.objects.get()
        assert row.problem == "it answered 503"
        if row.due_at:
            assert round((row.due_at - now()).total_seconds()) == seconds
            assert told.ends == []
        pass_time(seconds)
    assert send_due() == 0
    assert len(receiver.arrived) == 3
    assert told.ends == [("news", Outcome(False, "it answered 503", 503))]


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_kind_without_waits_is_sent_once(
    tenant: Tenant, told: Told, receiver: Receiver, status: int
) -> None:
    change(told, waits=())
    receiver.status, receiver.location = status, f"{receiver.url}/elsewhere"
    put(told.kind, client=party(f"{receiver.url}/once"), about="news")
    assert [send_due(), send_due()] == [0, 0]
    assert [path for path, _ in receiver.arrived] == ["/once"]
    assert told.ends == [("news", Outcome(False, f"it answered {status}", status))]


def test_what_waits_for_a_time_to_come_can_be_hastened(
    tenant: Tenant, told: Told, receiver: Receiver
) -> None:
    one = party(receiver.url)
    for about in ("first", "second"):
        put(told.kind, client=one, about=about, due_at=now() + timedelta(minutes=2))
    assert send_due() == 0
    hasten(told.kind, about="second")
    assert send_due() == 1
    assert [body for _, body in receiver.arrived] == [b"second"]


def test_what_has_become_needless_is_not_sent(tenant: Tenant, told: Told, receiver: Receiver) -> None:
    plain = told.kind.make
    change(told, make=lambda delivery: None if delivery.about == "needless" else plain(delivery))
    one = party(receiver.url)
    for about in ("needless", "news"):
        put(told.kind, client=one, about=about)
    assert send_due() == 1
    assert [body for _, body in receiver.arrived] == [b"news"]
    assert Delivery.objects.get(about="needless").due_at is None
    assert [about for about, _ in told.ends] == ["news"]


def test_of_two_processes_one_takes_it(tenant: Tenant, told: Told) -> None:
    put(told.kind, client=party("https://partner.example/"), about="news")
    [seen], [seen_too] = due(), due()
    assert [take(seen), take(seen_too)] == [True, False]
    assert Delivery.objects.get().tries == 1


def test_the_first_of_each_relying_party_comes_before_the_second_of_any(tenant: Tenant, told: Told) -> None:
    first, second = party("https://first.example/"), party("https://second.example/")
    for about in ("a", "b", "c"):
        put(told.kind, client=first, about=about)
    put(told.kind, client=second, about="d")
    assert [delivery.about for delivery in due()] == ["a", "d", "b", "c"]
    assert [delivery.about for delivery in due(besides={first.pk})] == ["d"]


def test_a_kind_that_this_process_does_not_know_is_left_to_one_that_does(tenant: Tenant, told: Told) -> None:
    put(told.kind, client=party("https://partner.example/"), about="news")
    Delivery.objects.update(kind="of a later release")
    assert due() == []
    assert Delivery.objects.get().due_at is not None


def test_two_kinds_of_one_name_are_refused(told: Told) -> None:
    with pytest.raises(ValueError, match="under-test"):
        register(told.kind)


def test_after_a_week_it_is_swept(tenant: Tenant, told: Told) -> None:
    for days in (6, 8):
        row = put(told.kind, client=party("https://partner.example/"), about=str(days))
        Delivery.objects.filter(pk=row.pk).update(created_at=now() - timedelta(days=days))
    assert erased() == {"delivery_delivery": 1}
    assert Delivery.objects.get().about == "6"
