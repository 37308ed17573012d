"""The log: an event is in it within a round, each writer's own, and every fault is pinned to its event."""

import contextlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from authsvc.audit import verification
from authsvc.audit.leaves import PERSONAL, canonical, leaf_of
from authsvc.audit.models import AuditEvent, Log
from authsvc.audit.sequencing import origin_of, sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.tasks import sequence_events, verify_and_tell, verify_logs
from authsvc.audit.verification import Verified, verify_log
from authsvc.audit.writers import CannotWrite
from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id, tenant_scope
from config.celery import SEQUENCED_EVERY, app
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-12")]


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    row = make_tenant("audited")
    with tenant_scope(row.id):
        for number in range(6):
            record(Tag.TRANSACTION_OPENED, transaction=f"t{number}", note="é ✓", number=number)
        yield row


def test_what_waits_is_in_the_log_after_a_round() -> None:
    assert verify_log() == Verified(0, 6, None)
    assert sequence() == 6
    assert sequence() == 0
    record(Tag.CLIENT_CREATED)
    assert verify_log() == Verified(6, 1, None)
    assert sequence() == 1
    assert verify_log() == Verified(7, 0, None)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_auditevent SET tag = 'x'", "DELETE FROM audit_auditevent"]
)
def test_the_table_is_append_only(statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.needs("postgresql")
def test_t01_even_who_owns_the_table_cannot_empty_it_by_truncate() -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE audit_auditevent")


def test_an_event_falls_with_the_change_that_it_records() -> None:
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        record(Tag.CLIENT_CREATED)
        raise ZeroDivisionError
    assert sequence() == AuditEvent.objects.count() == 6


@pytest.mark.parametrize("reason", ["", 'quote " and \\', "é ✓ \U0001f600"])
def test_a_row_says_what_its_writer_signed_whatever_it_holds(reason: str) -> None:
    record(Tag.CLIENT_CHANGED, reason=reason, z=1, a={"b": [None, True, 0.1, 1e-9]})
    assert sequence() == 7
    assert verify_log() == Verified(7, 0, None)


@pytest.mark.requirement("S8.3-02")
def test_each_tenant_has_its_own_log() -> None:
    sequence()
    with tenant_scope(make_tenant().id):
        record(Tag.TENANT_CREATED)
        assert sequence() == AuditEvent.objects.count() == 1
        assert verify_log() == Verified(1, 0, None)


def test_a_process_without_the_checkpoint_key_signs_nothing(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECRETS = {
        name: key for name, key in settings.SECRETS.items() if "checkpoint_private" not in name
    }
    assert sequence() == 0
    sequence_events()
    assert "no key to sign checkpoints" in caplog.text
    assert verify_log() == Verified(0, 6, None)


def test_who_has_no_key_writes_no_event(settings: Any) -> None:
    settings.SECRETS = {}
    with pytest.raises(CannotWrite, match="generate_secrets"):
        record(Tag.CLIENT_CREATED)


def test_the_log_is_looked_through_whole_again_when_transactions_that_were_open_have_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Tests that run beside have transactions of their own in the same server.
    monkeypatch.setattr("authsvc.audit.sql.snapshot", lambda: (7, 7))
    sequence()
    log = Log.objects.get()
    assert (log.floor, log.next_floor > 0) == (0, True)
    Log.objects.update(next_floor_at=now() - timedelta(minutes=1))
    sequence()
    assert Log.objects.get().floor == AuditEvent.objects.latest("sequence").sequence
    record(Tag.CLIENT_CREATED)
    assert sequence() == 1


def test_a_round_beside_a_verification_takes_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    record(Tag.CLIENT_CREATED)
    sequence()
    newest, rounds = verification._newest, iter((True,))

    def then_a_round() -> Any:
        found = newest()
        if next(rounds, False):
            record(Tag.CLIENT_CHANGED)
            assert sequence() == 1
        return found

    monkeypatch.setattr(verification, "_newest", then_a_round)
    assert verify_log().finding is None
    assert verify_log() == (8, 0, None)


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever waits be late, and nobody wait for it."""
    monkeypatch.setattr(verification, "LATE", timedelta(0))
    monkeypatch.setattr(verification, "sleep", lambda _seconds: sequence())


@pytest.mark.usefixtures("late")
def test_o02_what_a_long_transaction_brought_is_waited_for() -> None:
    assert verify_log().finding is None


@pytest.mark.usefixtures("late")
def test_what_nobody_takes_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "sleep", lambda _seconds: None)
    finding = verify_log().finding
    assert finding is not None
    assert finding.kind == "never taken in"
    assert str(finding) == f"row {AuditEvent.objects.earliest('sequence').pk} is never taken in"


def test_a_log_that_is_not_whole_is_an_alarm_once_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    sequence()
    Log.objects.all().delete()
    verify_and_tell()
    verify_and_tell()
    assert caplog.text.count("is not whole: the log is without a head") == 2
    assert AuditEvent.objects.get(tag=Tag.LOG_BROKEN).reason == "without a head"


def test_the_command_names_the_event(tenant: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    sequence()
    call_command("audit", "verify", tenant=tenant.slug)
    assert capsys.readouterr().out == "audited: 6 events, whole\n"
    Log.objects.all().delete()
    with pytest.raises(CommandError, match="audited: the log is without a head"):
        call_command("audit", "verify", tenant=tenant.slug)


def test_a_leaf_is_canonical_json_and_tells_nothing_personal() -> None:
    event = record(
        Tag.CLIENT_CHANGED,
        actor='é "',
        subject="someone",
        transaction="t",
        reason="\\ ✓",
        z=1,
        a=[None, {"b": 2}],
    )
    content = vars(event)
    leaf = leaf_of(content, salt=bytes(event.salt or b""), writer="web")
    said = json.loads(leaf)
    assert canonical(said).encode() == leaf
    assert (said["tag"], said["reason"], said["writer"]) == (event.tag, event.reason, "web")
    personal = canonical({name: content[name] for name in PERSONAL})
    assert said["personal"] == hmac.digest(event.salt or b"", personal.encode(), "sha256").hex()
    assert b"someone" not in leaf


def test_the_scheduled_round_takes_every_tenants_events_in() -> None:
    sequence_events()
    assert verify_log() == Verified(6, 0, None)
    sequence()
    verify_logs()
    assert not AuditEvent.objects.filter(tag=Tag.LOG_BROKEN).exists()


def test_a_log_that_another_process_begins_meanwhile_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "authsvc.audit.sequencing._require_nothing_outside",
        lambda: Log.objects.create(origin=origin_of(current_tenant_id())),
    )
    assert sequence() == 0
    monkeypatch.undo()
    assert sequence() == 6


@pytest.mark.needs("postgresql")
def test_o11_a_round_in_which_nothing_waits_is_one_statement_for_all_tenants() -> None:
    sequence()
    Log.objects.update(floor=AuditEvent.objects.latest("sequence").sequence)
    for _ in range(3):
        make_tenant()
    with CaptureQueriesContext(connection) as asked:
        sequence_events()
    assert len(asked) == 1


@pytest.mark.needs("postgresql")
def test_a_round_of_one_tenant_asks_for_little() -> None:
    """Its log, its checkpoint, what waits and whether it was copied; and it stores by one statement."""
    for _ in range(2):
        sequence()
        record(Tag.CLIENT_CREATED)
    with CaptureQueriesContext(connection) as asked:
        assert sequence() == 1
    said = [each["sql"] for each in asked if "SAVEPOINT" not in each["sql"]]
    assert len(said) == 5, said


def test_a_tenant_with_a_backlog_keeps_no_other_waiting(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, turns = make_tenant("another"), []
    with tenant_scope(other.pk):
        record(Tag.TENANT_CREATED)
    monkeypatch.setattr("authsvc.audit.sequencing.AT_ONCE", 2)
    monkeypatch.setattr("authsvc.audit.tasks.AT_ONCE", 2)

    def one_round() -> int:
        turns.append(current_tenant_id())
        return sequence()

    monkeypatch.setattr("authsvc.audit.tasks.sequence", one_round)
    sequence_events()
    assert {tenant.pk, other.pk} <= set(turns[: len(set(turns))])
    assert turns.count(tenant.pk) >= 3
    assert verify_log() == Verified(6, 0, None)


def test_a_round_that_comes_too_late_is_left_out() -> None:
    """Where a round takes long, its followers do not stand in a queue behind it."""
    entry = app.conf.beat_schedule["log"]
    assert entry["schedule"] == entry["options"]["expires"] == SEQUENCED_EVERY
    assert 2 * SEQUENCED_EVERY <= 1
