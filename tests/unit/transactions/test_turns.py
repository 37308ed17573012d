"""O04, T20: tenants take turns at a worker, people within one too, and nobody films to wait in vain."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from authsvc.biometrics.turns import Turns
from authsvc.capture import queueing, sweeping
from authsvc.capture.flow import describe
from authsvc.capture.sweeping import LOST_AFTER, sweep_overdue
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.devices.models import Device
from authsvc.keys.holding import Holder
from authsvc.subjects.models import Subject
from authsvc.tenancy.grants import BACKUP, PROCESSES
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.open_work import BEGUN_ANEW, JUDGING, TURNS
from authsvc.tenancy.scope import tenant_scope
from authsvc.transactions import crowding, services
from authsvc.transactions.models import Capture
from tests.campaign import Size
from tests.factories import make_device, make_tenant, offer_sample_key
from tests.tenancy.as_roles import connect_as
from tests.unit.transactions.flow import CHALLENGE, person, proven

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-08")]
SECOND = timedelta(seconds=1)


class Queue:
    """People of organisations whose samples wait for the worker of this process."""

    def __init__(self) -> None:
        self.kid = offer_sample_key()

    def upload(self, tenant: Tenant, subject_device: tuple[Subject, Device] | None = None) -> Capture:
        with tenant_scope(tenant.id):
            _, device = subject_device or person()
            row = proven(device)
            services.issue_capture(row, challenge=CHALLENGE, offered_to=[self.kid])
            return services.accept_sample(row, b"sealed")

    def ages(self, by: timedelta) -> None:
        """Let the samples that wait have come so much earlier."""
        for tenant in Tenant.objects.all():
            with tenant_scope(tenant.id):
                Capture.objects.filter(begun_at=None).update(submitted_at=now() - by)

    def served(self, turns: Turns, most: int) -> list[UUID]:
        """Let a worker take so many, and return whose they were."""
        found = (turns.begin(UUID(int=0), "none") for _ in range(most))
        return [each[0] for each in found if each is not None]


@pytest.fixture
def queue() -> Queue:
    return Queue()


def test_o04_nobody_waits_for_anothers_heap(
    queue: Queue, size: Size, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowding, "OF_A_WORKER", 1000)
    flood, quiet = make_tenant(), make_tenant()
    for _ in range(heap := size("uploads of one tenant", sample=8, whole=200)):
        queue.upload(flood)
    queue.upload(quiet)
    served = queue.served(Turns(), heap + 5)
    assert served.index(quiet.id) <= 1
    assert len(served) == heap + 1


def test_o04_who_was_served_longest_ago_comes_next(queue: Queue) -> None:
    tenants = [make_tenant() for _ in range(3)]
    for tenant in tenants:
        for _ in range(2):
            queue.upload(tenant)
    served = queue.served(Turns(), 6)
    assert sorted(served[:3]) == sorted(served[3:]) == sorted(tenant.id for tenant in tenants)


def test_t20_people_take_turns_too(queue: Queue) -> None:
    """A second sample of one person waits for everybody's first."""
    tenant = make_tenant()
    with tenant_scope(tenant.id):
        eager = person()
    first, second = (queue.upload(tenant, eager) for _ in range(2))
    other = queue.upload(tenant)
    turns = Turns()
    order = [turns.begin(tenant.id, "none") for _ in range(3)]
    assert [found and found[1] for found in order] == [first.pk, other.pk, second.pk]


def test_a_sample_is_judged_by_one_unless_that_one_is_gone(queue: Queue) -> None:
    tenant = make_tenant()
    capture = queue.upload(tenant)
    found = (tenant.id, capture.pk)
    assert Turns().begin(*found) == found
    assert Turns().begin(*found) is None
    assert Turns().begin(*found, anew=True) == found
    with tenant_scope(tenant.id):
        Capture.objects.update(begun_at=now() - BEGUN_ANEW)
    assert Turns().begin(UUID(int=0), "none") == found


def test_another_workers_sample_is_not_taken(queue: Queue) -> None:
    queue.kid = offer_sample_key(Holder())
    queue.upload(make_tenant())
    assert queue.served(Turns(), 1) == []


@pytest.mark.needs("postgresql")
def test_t02_a_worker_alone_hears_whose_turn_it_is() -> None:
    for role in (*PROCESSES, BACKUP):
        with connect_as(role) as opened:
            ask = SQL("SELECT * FROM {}('worker', now())").format(Identifier(TURNS))
            if role == JUDGING:
                assert opened.execute(ask).fetchall() == []
            else:
                with pytest.raises(InsufficientPrivilege):
                    opened.execute(ask)


class TestBeforeTheCamera:
    @pytest.fixture
    def tenant(self) -> Iterator[Tenant]:
        tenant = make_tenant()
        with tenant_scope(tenant.id):
            yield tenant

    def refused(self, ask: Callable[[], object]) -> None:
        with pytest.raises(Refused) as caught:
            ask()
        assert (caught.value.code, caught.value.status, caught.value.retry_after) == ("crowded", 503, 5)

    def ask(self, queue: Queue, device: Device | None = None) -> Callable[[], Capture]:
        row = proven(device or person()[1])
        return lambda: services.issue_capture(row, challenge=CHALLENGE, offered_to=[queue.kid])

    def test_a_heap_has_an_end(self, queue: Queue, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(crowding, "OF_A_WORKER", 3)
        first = self.ask(queue)()
        queue.upload(tenant)
        queue.upload(tenant)
        self.refused(self.ask(queue))
        Capture.objects.filter(pk=first.pk).update(issued_at=now() - crowding.COMING - SECOND)
        self.ask(queue)()

    def test_more_workers_have_more_room(
        self, queue: Queue, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowding, "OF_A_WORKER", 1)
        queue.upload(tenant)
        self.refused(self.ask(queue))
        offer_sample_key(Holder())
        self.ask(queue)()

    def test_another_tenants_heap_is_no_concern(
        self, queue: Queue, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowding, "OF_A_WORKER", 1)
        queue.upload(make_tenant())
        self.ask(queue)()

    def test_where_samples_wait_for_long_nobody_films(self, queue: Queue, tenant: Tenant) -> None:
        for _ in range(crowding.MOST_LATE):
            self.ask(queue)()
            queue.upload(tenant)
        queue.ages(crowding.LATE + SECOND)
        self.refused(self.ask(queue))

    def test_t20_a_person_has_two_at_once_whatever_their_devices(self, queue: Queue, tenant: Tenant) -> None:
        subject, device = person()
        for _ in range(crowding.OF_A_PERSON):
            queue.upload(tenant, (subject, device))
        self.refused(self.ask(queue, make_device(subject)))
        self.ask(queue)()

    def test_the_page_hears_of_it_before_the_camera_and_the_challenge_that_waits_is_given_again(
        self, queue: Queue, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(crowding, "OF_A_WORKER", 1)
        row = proven(person()[1])
        before = services.issue_capture(row, challenge=CHALLENGE, offered_to=[queue.kid])
        assert not describe(row)["face"]["crowded"]
        other = proven(person()[1])
        assert describe(other)["face"]["crowded"]
        queue.upload(make_tenant())
        row.refresh_from_db()
        assert services.issue_capture(row, challenge=CHALLENGE, offered_to=[queue.kid]) == before


class TestMessages:
    """One message a sample, and once more where it was lost: no flood makes more of them."""

    @pytest.fixture
    def sent(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        sent: list[str] = []

        def send(_name: str, *, args: list[str], **_more: Any) -> None:
            sent.append(args[1])

        monkeypatch.setattr(current_app, "send_task", send)
        monkeypatch.setattr(sweeping, "sweep", lambda _due: None)
        return sent

    def waits(self, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        monkeypatch.setattr(sweeping, "messages_in", lambda _queue: count)

    def test_o04_a_queue_with_messages_gets_no_more(
        self, queue: Queue, sent: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tenant = make_tenant()
        for _ in range(5):
            queue.upload(tenant)
        queue.ages(LOST_AFTER + SECOND)
        self.waits(monkeypatch, 1)
        sweep_overdue()
        assert sent == []

    def test_o04_what_was_lost_is_sent_again_once(
        self, queue: Queue, sent: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tenant = make_tenant()
        lost = queue.upload(tenant)
        self.waits(monkeypatch, 0)
        sweep_overdue()
        assert sent == []
        queue.ages(LOST_AFTER + SECOND)
        for _ in range(3):
            sweep_overdue()
        assert sent == [lost.pk]

    def test_what_a_dead_process_had_is_sent_again(
        self, queue: Queue, sent: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tenant = make_tenant()
        begun = queue.upload(tenant)
        with tenant_scope(tenant.id):
            assert services.begin_judging(begun.pk)
            self.waits(monkeypatch, 0)
            sweep_overdue()
            assert sent == []
            Capture.objects.update(begun_at=now() - BEGUN_ANEW)
        sweep_overdue()
        assert sent == [begun.pk]

    def test_a_broker_that_is_down_stops_no_sweep(
        self, queue: Queue, sent: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queue.upload(make_tenant())
        queue.ages(LOST_AFTER + SECOND)

        def fail(_queue: str) -> int:
            raise OSError("no broker")

        monkeypatch.setattr(sweeping, "messages_in", fail)
        sweep_overdue()
        assert sent == []


def test_an_unknown_queue_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    from kombu.connection import Connection

    monkeypatch.setattr(current_app, "connection_for_read", lambda: Connection("memory://"))
    assert queueing.messages_in("samples.nobody") == 0
    with Connection("memory://") as broker:
        broker.SimpleQueue("samples.somebody").put({})
        assert queueing.messages_in("samples.somebody") == 1
