"""Old events and what is personal go, nothing younger and nothing else does, and the log stays provable."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from authsvc.audit import ageing, services, sql
from authsvc.audit.ageing import KEPT, NotInTime, erase, prune, prune_daily
from authsvc.audit.models import AuditEvent, Position, Segment, StoredCheckpoint
from authsvc.audit.proofs import growth, receipt
from authsvc.audit.sequencing import LogBroken, sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.tree import WIDTH
from authsvc.audit.verification import verify_log
from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.open_work import SCHEDULED
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.sql import leave_role, take_role
from tests.factories import make_tenant
from tests.unit.audit.owner import without_triggers

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-12")]


@pytest.fixture(autouse=True)
def tenant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tenant]:
    """A log whose first bundle and a half is of before; the rest is of now."""
    row = make_tenant()
    with tenant_scope(row.id):
        monkeypatch.setattr(services, "now", lambda: now() - KEPT - timedelta(days=1))
        for number in range(WIDTH + 20):
            record(Tag.DEVICE_PROVEN, subject="ada", transaction=f"t{number}", number=number)
        monkeypatch.setattr(services, "now", now)
        sequence()
        record(Tag.DEVICE_PROVEN, subject="ada", transaction="new")
        record(Tag.VERDICT_RECORDED, transaction="new", model="G")
        record(Tag.DEVICE_PROVEN, subject="grace", transaction="other")
        sequence()
        yield row


@pytest.fixture
def a_day_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the sweeper come again on the next day."""
    days = [0]

    def later() -> None:
        days[0] += 1
        monkeypatch.setattr(ageing, "now", lambda: now() + timedelta(days=days[0]))

    return later


@contextmanager
def as_scheduled_work() -> Iterator[None]:
    """Be, in the database, who sweeps."""
    if connection.vendor != "postgresql":
        yield
        return
    take_role(connection, SCHEDULED)
    try:
        yield
    finally:
        leave_role(connection)


def take_in(_seconds: float) -> None:
    sequence()


def test_whole_bundles_of_old_events_go_and_the_log_stays_whole(a_day_later: Callable[[], None]) -> None:
    assert prune() == (0, WIDTH)
    assert AuditEvent.objects.count() == WIDTH + 24
    sequence()
    assert verify_log().finding is None
    a_day_later()
    assert prune() == (WIDTH, 0)
    assert (AuditEvent.objects.count(), Segment.objects.filter(first__lt=WIDTH).exists()) == (24, False)
    assert verify_log() == (WIDTH + 24, 0, None)
    assert growth(WIDTH + 20, WIDTH + 24)["proof"]
    assert receipt(AuditEvent.objects.latest("sequence"), opened=True)["index"] == WIDTH + 23
    record(Tag.CLIENT_CREATED)
    assert sequence() == 1


def test_the_sweeper_does_it_by_itself_and_no_process_could_otherwise(
    a_day_later: Callable[[], None],
) -> None:
    """With the rights of scheduled work, in two runs a day apart."""
    checkpoints = StoredCheckpoint.objects.count()
    for deleted in (0, WIDTH):
        with as_scheduled_work():
            prune_daily()
        a_day_later()
        assert AuditEvent.objects.count() == WIDTH + 24 - deleted
        sequence()
        assert verify_log() == (WIDTH + 24, 0, None)
    assert AuditEvent.objects.get(tag=Tag.LOG_PRUNED).details == {"below": WIDTH}
    assert StoredCheckpoint.objects.count() == checkpoints + 1


def test_what_was_announced_stands_for_a_day_however_often_the_sweeper_comes(
    a_day_later: Callable[[], None],
) -> None:
    """Whoever watches the log has that time to see what will go; and it is announced once."""
    assert prune() == (0, WIDTH)
    for _ in range(2):
        sequence()
        assert prune() == (0, 0)
    assert AuditEvent.objects.filter(tag=Tag.LOG_PRUNED).count() == 1
    assert AuditEvent.objects.count() == WIDTH + 24
    a_day_later()
    assert prune() == (WIDTH, 0)
    sequence()
    assert prune() == (0, 0)
    assert verify_log() == (WIDTH + 24, 0, None)


def test_what_is_announced_and_not_in_the_log_deletes_nothing_and_is_announced_again(
    a_day_later: Callable[[], None],
) -> None:
    assert prune() == (0, WIDTH)
    a_day_later()
    assert prune() == (0, WIDTH)
    assert AuditEvent.objects.count() == WIDTH + 25
    sequence()
    assert prune() == (WIDTH, 0)
    assert verify_log() == (WIDTH + 25, 0, None)


def test_events_that_arrive_while_old_ones_go_stay_with_their_places(
    a_day_later: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    prune()
    sequence()
    a_day_later()
    delete = sql.delete_below

    def deleting(tenant_id: UUID, position: int) -> int:
        record(Tag.CLIENT_CREATED)
        sequence()
        gone = delete(tenant_id, position)
        record(Tag.CLIENT_CREATED)
        return gone

    monkeypatch.setattr(sql, "delete_below", deleting)
    assert prune() == (WIDTH, 0)
    sequence()
    assert verify_log() == (WIDTH + 26, 0, None)
    assert Position.objects.count() == AuditEvent.objects.count() == 26


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize(
    ("statement", "answer"),
    [
        ("DELETE FROM audit_auditevent", "permission denied"),
        ("DELETE FROM audit_position", "permission denied"),
        ("DELETE FROM audit_segment", "permission denied"),
        ("SELECT visor_prune_log(tenant_id, 1000) FROM audit_log", "append-only"),
    ],
)
def test_t01_scheduled_work_can_delete_nothing_that_is_young(statement: str, answer: str) -> None:
    with as_scheduled_work(), pytest.raises(DatabaseError, match=answer), transaction.atomic():
        connection.cursor().execute(statement)
    assert verify_log() == (WIDTH + 23, 0, None)


def test_t01_rows_that_were_made_old_are_not_pruned() -> None:
    """The leaves say how old events are; and of a log that is not whole nothing goes."""
    without_triggers()
    AuditEvent.objects.update(at=now() - KEPT - timedelta(days=2))
    with pytest.raises(LogBroken, match="event 1 is altered"):
        prune()
    assert not AuditEvent.objects.filter(tag=Tag.LOG_PRUNED).exists()


def test_what_is_not_announced_is_missing() -> None:
    first = Position.objects.get(position=0)
    AuditEvent.objects.filter(pk=first.event).delete()
    finding = verify_log().finding
    assert finding is not None
    assert (finding.number, finding.kind) == (1, "missing")


def test_nothing_younger_can_be_deleted() -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(transaction="new").delete()


def test_what_is_personal_goes_and_what_happened_stays() -> None:
    before = AuditEvent.objects.filter(subject="ada").count() + 1
    kept = receipt(AuditEvent.objects.get(tag=Tag.VERDICT_RECORDED), opened=False)
    assert erase(subject="ada", wait=take_in) == before
    assert not AuditEvent.objects.filter(subject="ada").exists()
    event = AuditEvent.objects.get(tag=Tag.VERDICT_RECORDED)
    assert (event.transaction, event.details, event.salt) == ("", {}, None)
    assert AuditEvent.objects.filter(subject="grace").count() == 1
    assert verify_log().finding is None
    assert receipt(event, opened=True)["leaf"] == kept["leaf"]


def test_an_erasure_that_is_not_in_the_log_is_not_done() -> None:
    with pytest.raises(NotInTime):
        erase(subject="ada", wait=lambda _: None)
    assert AuditEvent.objects.filter(subject="ada").exists()


def test_what_was_taken_out_without_a_word_is_altered() -> None:
    event = AuditEvent.objects.get(subject="grace")
    nothing = {"actor": "", "transaction": "", "subject": "", "details": {}}
    AuditEvent.objects.filter(pk=event.pk).update(**nothing, salt=None)
    finding = verify_log().finding
    assert finding is not None
    assert finding.kind == "altered"


def test_nothing_else_of_an_event_can_be_changed() -> None:
    for change in ({"tag": "x"}, {"reason": "x"}, {"subject": ""}, {"salt": None}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            AuditEvent.objects.filter(subject="grace").update(**change)
