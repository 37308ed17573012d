"""A worker says that it is there by itself, listens to a queue of its own, and leaves none behind."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery, current_app
from django.db import OperationalError
from kombu.connection import Connection

from authsvc.biometrics import presence
from authsvc.biometrics.presence import Every, own_queue, tried
from authsvc.capture.queueing import enqueue_verification
from authsvc.core.clock import now
from authsvc.keys.holding import FORGOTTEN, Holder, holder
from authsvc.keys.models import WorkerKey
from authsvc.keys.samples import keys_on_offer, queue_of, still_held
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.models import Capture
from config.celery import app
from tests.factories import make_tenant, offer_sample_key
from tests.unit.transactions.flow import CHALLENGE, person, proven

pytestmark = pytest.mark.django_db


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_o08_no_scheduler_renews_sample_keys() -> None:
    assert not [name for name in app.conf.beat_schedule if "key" in name and "signing" not in name]


def test_a_worker_takes_from_its_own_queue_and_the_common_one() -> None:
    other = Celery("other", broker="memory://", set_as_current=False)
    presence._listen(instance=SimpleNamespace(app=other))
    assert set(other.amqp.queues.consume_from) == {"celery", queue_of(holder().worker)}


def test_it_goes_on_whatever_the_database_does() -> None:
    calls: list[int] = []
    again = Event()

    def fail() -> None:
        calls.append(1)
        if len(calls) > 2:
            again.set()
        raise OperationalError("the database is gone")

    beating = Every(0.01, fail)
    beating.start()
    assert again.wait(5)
    beating.stop()
    beating.join(5)
    assert not beating.is_alive()


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        tried(lambda: 1 / 0)


@pytest.fixture
def _threads() -> Iterator[None]:
    yield
    for thread in presence._threads:
        thread.stop()
    presence._threads.clear()


@pytest.mark.usefixtures("_threads")
def test_a_worker_offers_a_key_once_it_is_ready_and_is_gone_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = Holder()
    monkeypatch.setattr(presence, "holder", lambda: worker)
    monkeypatch.setattr(presence.Every, "run", lambda _: None)
    assert keys_on_offer() == []
    presence._begin()
    (key,) = keys_on_offer()
    presence._stop_offering()
    assert keys_on_offer() == []
    assert still_held([key.kid]) == {key.kid}
    presence._leave()
    assert still_held([key.kid]) == set()


class Broker:
    """A broker in this process's memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.connection = Connection("memory://")
        monkeypatch.setattr(current_app, "connection_for_write", lambda: Connection("memory://"))

    def waiting(self, queue: str) -> int:
        channel: Any = self.connection.default_channel
        return int(channel._size(queue))


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    return Broker(monkeypatch)


def test_the_queue_of_a_worker_that_is_long_gone_is_deleted(broker: Broker) -> None:
    gone, there = Holder(), Holder()
    for worker in (gone, there):
        offer_sample_key(worker)
        queue = own_queue(worker.worker)(broker.connection.default_channel)
        queue.declare()
        broker.connection.Producer().publish({}, routing_key=queue.name, exchange="")
        assert broker.waiting(queue.name) == 1
    WorkerKey.objects.filter(worker=gone.worker).update(seen_at=now() - FORGOTTEN - timedelta(seconds=1))
    presence.clear_up()
    assert broker.waiting(queue_of(gone.worker)) == 0
    assert broker.waiting(queue_of(there.worker)) == 1


class Sent:
    def __init__(self) -> None:
        self.queues: list[str | None] = []

    def __call__(self, _: str, *, args: list[str], queue: Any = None, **__: Any) -> None:
        self.queues.append(queue.name if queue else None)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    sending = Sent()
    monkeypatch.setattr(current_app, "send_task", sending)
    return sending


def test_t10_a_capture_goes_to_the_worker_that_opens_it(sent: Sent) -> None:
    tenant = make_tenant()
    worker = Holder()
    with tenant_scope(tenant.id):
        row = proven(person()[1])
        services.issue_capture(row, challenge=CHALLENGE, offered_to=[offer_sample_key(worker)])
        capture = services.accept_sample(row, b"sealed")
        enqueue_verification(tenant_id=str(tenant.id), capture_id=capture.id)
        Capture.objects.update(judge="")
        enqueue_verification(tenant_id=str(tenant.id), capture_id=capture.id)
    assert sent.queues == [queue_of(worker.worker), None]
