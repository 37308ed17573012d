"""A face is processed in the region that the organisation pinned, or not at all (S10-12)."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from celery import Celery, current_app

from authsvc.audit.models import AuditEvent
from authsvc.audit.tags import Tag
from authsvc.biometrics import presence, tasks
from authsvc.capture.queueing import enqueue_verification
from authsvc.core.components import Component
from authsvc.keys.holding import Holder, holder
from authsvc.keys.samples import queue_of
from authsvc.policy.evaluate import DEFAULT
from authsvc.policy.services import publish_policy
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import services
from authsvc.transactions.models import Capture
from tests.factories import make_tenant, offer_sample_key
from tests.unit.transactions.flow import CHALLENGE, person, proven

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S10-12")]


def worker_in(settings: Any, region: str) -> Holder:
    """Return a worker of a region that offers a key; "" for none that is named."""
    settings.COMPONENTS = (Component("worker", "default", region=region),)
    worker = Holder()
    offer_sample_key(worker)
    return worker


@pytest.fixture
def pinned(db: None) -> Iterator[Tenant]:
    """A tenant that is pinned to eu-1, in whose scope the test runs."""
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        publish_policy(document={**DEFAULT, "region": "eu-1"}, published_by="admin")
        yield tenant


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The queues that something was sent to, in turn."""
    sent: list[str | None] = []

    def send(_: str, *, args: list[str], queue: Any = None, **__: Any) -> None:
        sent.append(queue.name if queue else None)

    monkeypatch.setattr(current_app, "send_task", send)
    return sent


def uploaded(*workers: Holder) -> Capture:
    """A sample that is sealed to keys of these workers."""
    row = proven(person()[1])
    offered = [offer_sample_key(worker) for worker in workers]
    services.issue_capture(row, challenge=CHALLENGE, offered_to=offered)
    return services.accept_sample(row, b"sealed")


def enqueue(capture: Capture) -> None:
    enqueue_verification(tenant_id=str(capture.tenant_id), capture_id=capture.pk)


def refusals() -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(tag=Tag.REGION_REFUSED)
    return [(event.reason, event.details["detail"]) for event in events]


def test_a_worker_listens_to_the_queue_of_its_region(settings: Any) -> None:
    for region, more in (("eu-1", {"region.eu-1"}), ("", set())):
        settings.COMPONENTS = (Component("worker", "default", region=region),)
        other = Celery("other", broker="memory://", set_as_current=False)
        presence._listen(instance=SimpleNamespace(app=other))
        assert set(other.amqp.queues.consume_from) == {"celery", queue_of(holder().worker)} | more


def test_a_task_goes_to_a_worker_of_the_region_and_to_its_queue_where_none_is_named(
    settings: Any, pinned: Tenant, queues: list[str | None]
) -> None:
    elsewhere, there = worker_in(settings, "ap-1"), worker_in(settings, "eu-1")
    capture = uploaded(elsewhere, there)
    enqueue(capture)
    Capture.objects.update(judge="")
    enqueue(capture)
    assert queues == [queue_of(there.worker), "region.eu-1"]
    assert refusals() == []


@pytest.mark.parametrize("region", ["ap-1", ""])
def test_an_attempt_to_schedule_a_task_elsewhere_fails_and_is_recorded(
    settings: Any, pinned: Tenant, queues: list[str | None], region: str
) -> None:
    elsewhere = worker_in(settings, region)
    capture = uploaded(elsewhere)
    # Sealed to nobody of the region: whoever waits is asked again, and keeps the try.
    assert capture.judge == ""
    Capture.objects.update(judge=offer_sample_key(elsewhere))
    enqueue(capture)
    assert queues == []
    here = region or "no named region"
    assert refusals() == [("region-elsewhere", f"a task of eu-1 was to go to a worker of {here}")]
    services.look_after(capture.transaction)
    capture.refresh_from_db()
    assert (capture.state, capture.hint) == (Capture.State.AGAIN, services.LOST)


@pytest.mark.parametrize("region", ["ap-1", ""])
def test_a_worker_of_another_region_that_gets_a_task_opens_nothing(
    settings: Any, pinned: Tenant, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(tasks, "read_sealed", lambda capture: opened.append(capture))
    monkeypatch.setattr(tasks, "_conclude", lambda *_: None)
    monkeypatch.setattr(tasks, "judge", lambda *_: None)
    capture = uploaded(worker_in(settings, "eu-1"))
    settings.COMPONENTS = (Component("worker", "default", region=region),)
    tasks.verify_capture.run(str(capture.tenant_id), capture.pk)
    assert opened == []
    capture.refresh_from_db()
    assert capture.state == Capture.State.SUBMITTED
    here = region or "no named region"
    assert refusals() == [("region-elsewhere", f"a worker of {here} got a task of eu-1")]
    settings.COMPONENTS = (Component("worker", "default", region="eu-1"),)
    tasks.verify_capture.run(str(capture.tenant_id), capture.pk)
    assert opened == [capture.pk]


def test_who_pinned_nothing_goes_to_any_worker(settings: Any, queues: list[str | None]) -> None:
    with tenant_scope(UUID(str(make_tenant().id))):
        worker = worker_in(settings, "ap-1")
        enqueue(uploaded(worker))
    assert queues == [queue_of(worker.worker)]
