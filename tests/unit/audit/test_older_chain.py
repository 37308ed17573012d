"""The chain of the release before: its faults are named, and its events come into the log once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection

from authsvc.audit.adoption import verify_older
from authsvc.audit.chain import event_digest, first_digest
from authsvc.audit.contents import leaves
from authsvc.audit.models import AuditEvent, AuditHead
from authsvc.audit.sequencing import sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.verification import verify_log
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant
from tests.unit.audit.owner import without_triggers

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-12")]


@pytest.fixture(autouse=True)
def tenant() -> Iterator[Tenant]:
    row = make_tenant("audited")
    with tenant_scope(row.id):
        for number in range(6):
            write_as_before(number)
        yield row


def write_as_before(number: int) -> None:
    """Write an event as the release before does."""
    head, _ = AuditHead.objects.get_or_create(defaults={"digest": first_digest(connection_scope())})
    event = AuditEvent(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        tag=Tag.TRANSACTION_OPENED,
        transaction=f"t{number}",
        details={"note": "é ✓", "number": number},
        old_sequence=head.sequence + 1,
        previous=head.digest,
    )
    event.digest = event_digest(event.previous, {**vars(event), "sequence": event.old_sequence})
    event.save(force_insert=True)
    AuditHead.objects.update(sequence=event.old_sequence, digest=event.digest)


def connection_scope() -> object:
    return Tenant.objects.get(slug="audited").pk


def as_owner(statement: str) -> None:
    without_triggers()
    with connection.cursor() as cursor:
        cursor.execute(statement)


FAULTS = {
    "UPDATE audit_auditevent SET reason = 'other' WHERE sequence = 4": (3, (4, "altered")),
    "DELETE FROM audit_auditevent WHERE sequence = 3": (2, (3, "missing")),
    "DELETE FROM audit_auditevent WHERE sequence >= 5": (4, (5, "missing")),
    "UPDATE audit_audithead SET digest = 'x'": (6, (6, "altered")),
}


@pytest.mark.parametrize("statement", FAULTS)
def test_a_fault_in_it_is_named_until_it_is_taken_over_and_stands_in_the_log_then(statement: str) -> None:
    assert verify_older() == (6, None)
    as_owner(statement)
    assert verify_older() == FAULTS[statement]
    finding = verify_log().finding
    assert finding is not None
    assert (finding.number, finding.kind) == FAULTS[statement][1]
    sequence()
    begun = AuditEvent.objects.get(tag=Tag.LOG_BEGUN)
    assert (begun.details["number"], begun.details["fault"]) == FAULTS[statement][1]


def test_it_is_taken_over_before_anything_else_and_with_a_word_of_how_much_it_was() -> None:
    record(Tag.CLIENT_CREATED)
    assert verify_log() == (6, 1, None)
    assert [sequence(), sequence(), sequence()] == [6, 2, 0]
    assert verify_log() == (8, 0, None)
    assert AuditEvent.objects.get(tag=Tag.LOG_BEGUN).details["events"] == 6
    assert b'"writer":"before"' in leaves(5, 6)[0]


def test_what_comes_after_that_from_the_release_before_is_not_taken_unless_somebody_vouches() -> None:
    sequence()
    sequence()
    write_as_before(7)
    assert sequence() == 0
    finding = verify_log().finding
    assert finding is not None
    assert finding.kind == "unsigned"
    assert sequence(late=True) == 1
    sequence()
    assert verify_log() == (9, 0, None)
    assert AuditEvent.objects.filter(tag=Tag.LOG_BEGUN, reason="late").count() == 1


def test_an_event_of_it_that_was_changed_after_that_is_named() -> None:
    sequence()
    as_owner("UPDATE audit_auditevent SET reason = 'other' WHERE sequence = 4")
    finding = verify_log().finding
    assert finding is not None
    assert (finding.number, finding.kind) == (4, "altered")
