"""Tenant scope: no scope, no data; and PostgreSQL says so too."""

import contextlib
import json
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.subjects.models import Subject, Word
from authsvc.tenancy import scope
from authsvc.tenancy.rls import tenant_tables
from authsvc.tenancy.scope import NoTenantScope, every_tenant_scope, tenant_scope
from authsvc.tenancy.sql import tables_told_of_tenants
from tests.factories import make_subject, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-02")]


@pytest.fixture
def two():
    rows = [make_tenant(), make_tenant()]
    for row in rows:
        with tenant_scope(row.id):
            make_subject(name=row.slug)
    return rows


def test_no_scope_no_data(two):
    with pytest.raises(NoTenantScope):
        Subject.objects.count()
    with pytest.raises(NoTenantScope):
        make_subject()


def test_a_scope_sees_its_own_rows_only(two):
    mine, theirs = two
    with tenant_scope(theirs.id):
        other = Subject.objects.get()
    with tenant_scope(mine.id):
        assert [row.name for row in Subject.objects.all()] == [mine.slug]
        assert not Subject.objects.filter(pk=other.pk).exists()
        with pytest.raises(NoTenantScope):
            other.save()


def test_rows_are_stamped_and_stay(two):
    mine, theirs = two
    with tenant_scope(mine.id):
        rows = Subject.objects.bulk_create([Subject(name="a"), Subject(name="b")])
        assert {row.tenant_id for row in rows} == {mine.id}
        with pytest.raises(NoTenantScope):
            Subject.objects.create(name="c", tenant=theirs)


def test_scopes_nest_and_end(two):
    mine, theirs = two
    with tenant_scope(mine.id):
        with tenant_scope(theirs.id):
            assert Subject.objects.get().name == theirs.slug
        assert Subject.objects.get().name == mine.slug
    with every_tenant_scope():
        assert Subject.objects.count() == 2


@pytest.mark.needs("postgresql")
def test_postgresql_hides_other_tenants_from_plain_sql(two):
    mine, theirs = two
    with connection.cursor() as cursor:
        for scope, expected in ((mine, [mine.slug]), (theirs, [theirs.slug])):
            with tenant_scope(scope.id):
                cursor.execute("SELECT name FROM subjects_subject")
                assert [row[0] for row in cursor.fetchall()] == expected
        cursor.execute("SELECT count(*) FROM subjects_subject")
        assert cursor.fetchone() == (0,)


@pytest.mark.needs("postgresql")
def test_postgresql_refuses_a_row_for_another_tenant(two):
    mine, theirs = two
    refusal = pytest.raises(DatabaseError, match="row-level security")
    with tenant_scope(mine.id), connection.cursor() as cursor, refusal, transaction.atomic():
        cursor.execute("UPDATE subjects_subject SET tenant_id = %s", [theirs.id])


@pytest.mark.needs("postgresql")
def test_the_scope_survives_a_rollback(two):
    mine, theirs = two
    with tenant_scope(mine.id):
        with contextlib.suppress(ZeroDivisionError), transaction.atomic(), tenant_scope(theirs.id):
            assert Subject.objects.get().name == theirs.slug
            raise ZeroDivisionError
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM subjects_subject")
            assert cursor.fetchall() == [(mine.slug,)]


@pytest.mark.needs("postgresql")
def test_postgresql_hears_of_every_change_of_scope_whatever_was_rolled_back(two):
    mine, theirs = two

    def seen():
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM subjects_subject")
            return [row[0] for row in cursor.fetchall()]

    with transaction.atomic(), tenant_scope(mine.id):
        assert seen() == [mine.slug]
        for undone in (ZeroDivisionError, None):
            with contextlib.suppress(ZeroDivisionError), transaction.atomic():
                with tenant_scope(theirs.id):
                    assert seen() == [theirs.slug]
                    with contextlib.suppress(ZeroDivisionError), transaction.atomic(), tenant_scope(mine.id):
                        assert seen() == [mine.slug]
                        raise ZeroDivisionError
                    assert seen() == [theirs.slug]
                if undone:
                    raise undone
            assert seen() == [mine.slug]
    assert seen() == []


@pytest.mark.needs("postgresql")
def test_a_scope_that_stays_is_told_once(two, monkeypatch):
    told = []
    tell = scope._tell

    def noted(connection):
        told.append(scope.scope_value())
        tell(connection)

    monkeypatch.setattr(scope, "_tell", noted)
    for row in (two[0], two[0], two[1]):
        with tenant_scope(row.id):
            Subject.objects.get()
            Subject.objects.count()
    assert told == [str(two[0].id), str(two[1].id)]


@pytest.mark.needs("postgresql")
def test_a_wrapper_around_the_first_connection_takes_nothing_away(transactional_db):
    connection.close()
    connection.execute_wrappers.clear()
    with tenant_scope(uuid4()), connection.execute_wrapper(lambda execute, *rest: execute(*rest)):
        assert Subject.objects.count() == 0
    assert connection.execute_wrappers == [scope.tell_database]


@pytest.mark.needs("postgresql")
def test_every_tenant_table_is_protected():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity AND relrowsecurity")
        assert {row[0] for row in cursor.fetchall()} == set(tenant_tables())


@pytest.mark.needs("postgresql")
def test_the_planner_knows_how_many_rows_a_tenant_has_behind_its_policies(two):
    with connection.cursor() as cursor:
        assert tables_told_of_tenants(connection) == set(tenant_tables())
        with tenant_scope(two[0].id):
            words = [Word(subject=Subject.objects.get(), word=f"word-{number}") for number in range(500)]
            Word.objects.bulk_create(words)
            cursor.execute("ANALYZE subjects_word")
            expected = json.loads(Word.objects.order_by().explain(format="json"))[0]["Plan"]["Plan Rows"]
    # Of 500; without knowing it takes them for one in a hundred.
    assert expected > 250


def test_audit_rows_belong_to_a_tenant_too(two):
    with tenant_scope(two[0].id):
        record(Tag.TENANT_CREATED)
    with tenant_scope(two[1].id):
        assert not AuditEvent.objects.exists()
