"""The audit chain: append-only, and a fault is pinned to its row."""

import contextlib
import hashlib
import json
from datetime import UTC

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from authsvc.audit.chain import FIELDS, event_digest
from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.audit.verification import verify_chain
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S9.4-12")]


@pytest.fixture(autouse=True)
def tenant():
    row = make_tenant("audited")
    with tenant_scope(row.id):
        for number in range(6):
            record(Tag.TRANSACTION_OPENED, transaction=f"t{number}", note="é ✓", number=number)
        yield row


@pytest.fixture
def as_dba():
    """Switch the triggers off, as somebody with the database's keys could."""

    def execute(statement, parameters=()):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
            else:
                cursor.execute("DROP TRIGGER IF EXISTS audit_no_update")
                cursor.execute("DROP TRIGGER IF EXISTS audit_no_delete")
            cursor.execute(statement, parameters)

    return execute


def test_a_whole_chain_verifies():
    assert verify_chain() == (6, None)


def test_an_altered_row_is_named(as_dba):
    as_dba("UPDATE audit_auditevent SET reason = 'other' WHERE sequence = 4")
    checked, finding = verify_chain()
    assert (checked, finding.sequence, finding.kind) == (3, 4, "altered")


def test_a_missing_row_is_named(as_dba):
    as_dba("DELETE FROM audit_auditevent WHERE sequence = 3")
    _, finding = verify_chain()
    assert (finding.sequence, finding.kind) == (3, "missing")


def test_missing_newest_rows_are_noticed(as_dba):
    as_dba("DELETE FROM audit_auditevent WHERE sequence >= 5")
    _, finding = verify_chain()
    assert (finding.sequence, finding.kind) == (5, "missing")


def test_exchanged_rows_are_named(as_dba):
    as_dba("UPDATE audit_auditevent SET sequence = 100 WHERE sequence = 2")
    as_dba("UPDATE audit_auditevent SET sequence = 2 WHERE sequence = 3")
    as_dba("UPDATE audit_auditevent SET sequence = 3 WHERE sequence = 100")
    _, finding = verify_chain()
    assert finding.sequence == 2
    assert finding.kind in {"altered", "reordered"}


def test_the_command_names_the_row(as_dba, tenant):
    call_command("audit", "verify", tenant=tenant.slug)
    as_dba("UPDATE audit_auditevent SET tag = 'x' WHERE sequence = 2")
    with pytest.raises(CommandError, match="row 2 is altered"):
        call_command("audit", "verify", tenant=tenant.slug)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_auditevent SET tag = 'x'", "DELETE FROM audit_auditevent"]
)
def test_the_table_is_append_only(statement):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_an_event_falls_with_the_change_it_records():
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        record(Tag.CLIENT_CREATED)
        raise ZeroDivisionError
    assert AuditEvent.objects.count() == 6
    record(Tag.CLIENT_CREATED)
    assert verify_chain() == (7, None)


@pytest.mark.parametrize("reason", ["", 'quote " and \\', "é ✓ \U0001f600"])
def test_the_digest_covers_all_fields_in_canonical_json(reason):
    event = vars(record(Tag.CLIENT_CHANGED, reason=reason, z=1, a={"b": [None, True]}))
    content = {name: event[name] for name in FIELDS}
    content["at"] = event["at"].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(f"{event['previous']}\n{text}".encode()).hexdigest()
    assert event["digest"] == event_digest(event["previous"], event) == expected
    assert verify_chain() == (7, None)


@pytest.mark.requirement("S8.3-02")
def test_each_tenant_has_its_own_chain():
    with tenant_scope(make_tenant().id):
        assert record(Tag.TENANT_CREATED).sequence == 1
        assert AuditEvent.objects.count() == 1
