"""Every role of the database against every table and column, as the database itself lists them (T02)."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from authsvc.tenancy.grants import BACKUP, DATABASE_ROLES, GRANTS, MIGRATOR, PROCESSES, rights
from authsvc.tenancy.rls import install_row_level_security
from authsvc.tenancy.sql import Right
from tests.tenancy.as_roles import connect_as

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.needs("postgresql"),
    pytest.mark.requirement("S8.3-01", "S6.1-01"),
]
Columns = dict[str, list[str]]
WITHOUT = {
    "accounts_membership": "who administers two organisations is told of both at sign-in, before any scope",
    "hosts_host": "whose a host name is, is asked before any scope; no person and no secret stands in it",
    "oidc_logoutnotice": "of a release before, and granted to nobody",
}


@pytest.fixture
def columns() -> Columns:
    """The tables of the database and their columns, from its catalogue."""
    query = """SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace
        AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum"""
    found: Columns = {}
    for table, column in asked(query):
        found.setdefault(table, []).append(column)
    return found


def asked(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def statements(table: str, columns: list[str]) -> Iterator[tuple[str, str, sql.Composed]]:
    """Yield verb, column and a statement that takes just this right, and touches no row."""
    name = sql.Identifier(table)
    for column in columns:
        one = sql.Identifier(column)
        yield "SELECT", column, sql.SQL("SELECT {} FROM {} WHERE false").format(one, name)
        yield "UPDATE", column, sql.SQL("UPDATE {} SET {} = NULL WHERE false").format(name, one)
        yield "INSERT", column, sql.SQL("INSERT INTO {} ({}) SELECT NULL WHERE false").format(name, one)
    yield "DELETE", "", sql.SQL("DELETE FROM {} WHERE false").format(name)
    yield "TRUNCATE", "", sql.SQL("TRUNCATE {}").format(name)
    yield "OWN", "", sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(name)


def may(opened: "psycopg.Connection[Any]", statement: sql.Composed) -> bool:
    try:
        opened.execute(statement)
    except InsufficientPrivilege:
        return False
    except psycopg.Error:
        return True  # It was let in, and failed at something else: a null, an identity column.
    return True


def expected(role: str, columns: Columns) -> set[tuple[str, str, str]]:
    """What the table of grants gives a role, column by column."""
    given: set[tuple[str, str, str]] = set()
    for right in rights(columns.keys()):
        if right.role == role:
            by_table = right.verb in {"SELECT", "INSERT", "UPDATE"} and not right.column
            named = columns[right.table] if by_table else [right.column]
            given |= {(right.verb, right.table, column) for column in named}
    return given


def test_t02_every_table_has_its_line_and_every_line_its_table(columns: Columns) -> None:
    assert columns.keys() - GRANTS.keys() == set(), "authsvc/tenancy/grants.py says who may use it"
    assert GRANTS.keys() - columns.keys() == set()
    unknown = {r for r in rights(GRANTS.keys()) if r.column and r.column not in columns[r.table]}
    assert unknown == set()


@pytest.mark.parametrize("role", [*PROCESSES, BACKUP])
def test_t02_each_role_may_do_what_is_granted_and_nothing_else(role: str, columns: Columns) -> None:
    with connect_as(role) as opened:
        found = {
            (verb, table, column)
            for table, names in columns.items()
            for verb, column, statement in statements(table, names)
            if may(opened, statement)
        }
    assert found == expected(role, columns)


@pytest.mark.parametrize("table", ["audit_auditevent", "subjects_subject"])
def test_t02_a_grant_that_is_missing_or_too_much_is_mended_by_the_next_migration(table: str) -> None:
    extra, lacking = Right(table, "visor_portal", "DELETE"), Right(table, "visor_web", "SELECT")
    before = held()
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT {extra.verb} ON {table} TO {extra.role}")
        cursor.execute(f"REVOKE {lacking.verb} ON {table} FROM {lacking.role}")
    assert held() == before - {lacking} | {extra}
    install_row_level_security(using="default")
    assert held() == before


def test_t02_a_column_that_a_migration_drops_takes_its_grants_along() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE oidc_token DROP COLUMN sealed_answer")
        cursor.execute("ALTER TABLE oidc_token ADD COLUMN sealed_answer bytea")
    install_row_level_security(using="default")
    query = "SELECT has_column_privilege('visor_web', 'oidc_token', 'sealed_answer', 'UPDATE')"
    assert asked(query) == [(True,)]


def held() -> set[Right]:
    query = """SELECT table_name, grantee, privilege_type FROM information_schema.table_privileges
        WHERE grantee LIKE 'visor%' AND grantee <> 'visor_migrator'"""
    return {Right(*row) for row in asked(query)}


def test_t02_a_table_that_is_new_is_open_to_nobody() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE brand_new (id int)")
    install_row_level_security(using="default")
    query = """SELECT grantee, privilege_type FROM information_schema.table_privileges
        WHERE table_name = 'brand_new'"""
    assert {row for row in asked(query) if row[0] != MIGRATOR} == {(BACKUP, "SELECT")}


def test_t02_no_process_owns_anything_or_goes_around_its_grants() -> None:
    owners = asked("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(MIGRATOR,)]
    wide = "rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication"
    query = f"SELECT rolname FROM pg_roles WHERE rolname LIKE 'visor%' AND ({wide})"  # noqa: S608
    assert asked(query) == []
    members = "SELECT member::regrole::text FROM pg_auth_members WHERE member::regrole::text LIKE 'visor%'"
    assert set(asked(members)) <= {(MIGRATOR,)}


@pytest.mark.requirement("S8.3-02")
def test_t02_policies_stand_on_every_table_with_a_tenant_and_hold_for_its_owner(columns: Columns) -> None:
    owned = {table for table, names in columns.items() if "tenant_id" in names}
    query = """SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"""
    assert owned - {row[0] for row in asked(query)} == WITHOUT.keys()
    query = "SELECT tablename, policyname, roles::text[] FROM pg_policies WHERE schemaname = 'public'"
    wanted = {
        ("visor_tenant", frozenset(PROCESSES)),
        ("visor_every_tenant", frozenset({MIGRATOR})),
        ("visor_backup", frozenset({BACKUP})),
    }
    found: dict[str, set[tuple[str, frozenset[str]]]] = {}
    for table, policy, roles in asked(query):
        found.setdefault(table, set()).add((policy, frozenset(roles)))
    assert found == dict.fromkeys(owned - WITHOUT.keys(), wanted)


def test_o03_the_backup_reads_how_far_every_sequence_is_and_moves_none() -> None:
    query = """SELECT seqrelid::regclass::text, has_sequence_privilege(%s, seqrelid, 'SELECT'),
        has_sequence_privilege(%s, seqrelid, 'USAGE'), has_sequence_privilege(%s, seqrelid, 'UPDATE')
        FROM pg_sequence"""
    with connection.cursor() as cursor:
        cursor.execute(query, [BACKUP] * 3)
        found = cursor.fetchall()
    assert len(found) > 5
    assert [name for name, *may in found if may != [True, False, False]] == []


def test_all_roles_are_there() -> None:
    found = asked("SELECT rolname FROM pg_roles WHERE rolname LIKE 'visor%'")
    assert {row[0] for row in found} == set(DATABASE_ROLES)
