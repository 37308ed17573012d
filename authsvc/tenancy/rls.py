"""Row-level security and grants on PostgreSQL: a second wall behind the scoped managers (S8.3-02).

Rows: the roles of processes see those of the tenant in scope and have no scope of every tenant; the migrator
has one; the backup reads all. Tables and columns: what grants.py says.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from authsvc.core.retention import conditions
from authsvc.tenancy import sql
from authsvc.tenancy.grants import BACKUP, DATABASE_ROLES, MIGRATOR, PROCESSES, rights
from authsvc.tenancy.open_work import (
    BEGUN_ANEW,
    DUE,
    DUE_NOW,
    ENDING,
    GROUNDLESS,
    JUDGING,
    OPEN,
    OVER,
    SCHEDULED,
    TELLING,
    TURNS,
    WAITING,
    WAITING_NOW,
    WATCHING,
)
from authsvc.tenancy.scope import EVERY_TENANT, tell_database
from authsvc.tenancy.sql import Policy

_TENANT: Final = "current_setting('visor.tenant', true)"
POLICIES: Final = {
    Policy("visor_tenant", "ALL", frozenset(PROCESSES)): f"tenant_id::text = {_TENANT}",
    Policy("visor_every_tenant", "ALL", frozenset({MIGRATOR})): (
        f"tenant_id::text = {_TENANT} OR {_TENANT} = '{EVERY_TENANT}'"
    ),
    Policy("visor_backup", "SELECT", frozenset({BACKUP})): "true",
}


class RolesMissing(Exception):
    """The server has not the roles that tables are granted to; the message says what to do."""


def tenant_tables() -> list[str]:
    """Return the tables of every model that belongs to a tenant, sorted."""
    from authsvc.tenancy.models import TenantOwned

    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, TenantOwned) and model._meta.managed and not model._meta.proxy
    )


def require_roles(*, using: str, **_: Any) -> None:
    """Raise RolesMissing before a migration whose tables could be granted to nobody."""
    connection = connections[using]
    if connection.vendor == "postgresql" and (missing := set(DATABASE_ROLES) - sql.roles_of(connection)):
        raise RolesMissing(
            f"the database server has no role {', '.join(sorted(missing))}: run `manage.py database_roles` "
            "as its administrator, who is named in VISOR_DATABASE_URL"
        )


def install_row_level_security(*, using: str, **_: Any) -> None:
    """Put the policies on every tenant table and the grants on all; does nothing where all is so already.

    Run it as the tables' owner. FORCE makes the policies hold for the owner too.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using):
        _protect_rows(connection)
        _grant(connection)
        sql.tell_of_open_work(connection, TELLING, OPEN, to=SCHEDULED, every_tenant=EVERY_TENANT)
        due: dict[str, Mapping[Any, tuple[str, Sequence[str]]]] = {
            DUE_NOW: DUE,
            OVER: conditions(),
            ENDING: GROUNDLESS,
        }
        for name, kinds in due.items():
            sql.tell_of_what_is_due(connection, name, kinds, to=SCHEDULED, every_tenant=EVERY_TENANT)
        sql.tell_what_waits(connection, WAITING_NOW, WAITING, to=WATCHING, every_tenant=EVERY_TENANT)
        sql.tell_whose_turn_it_is(
            connection, TURNS, begun_anew=BEGUN_ANEW, to=JUDGING, every_tenant=EVERY_TENANT
        )


def _protect_rows(connection: BaseDatabaseWrapper) -> None:
    there, forced, policies = (
        sql.tables_of(connection),
        sql.forced_tables(connection),
        sql.policies_of(connection),
    )
    for table in sorted(there.intersection(tenant_tables()) - sql.tables_told_of_tenants(connection)):
        sql.tell_of_tenants(connection, table)
    for table in sorted(there.intersection(tenant_tables())):
        if table not in forced:
            sql.force_security(connection, table)
        found = policies.get(table, set())
        for policy in found - POLICIES.keys():
            sql.drop_policy(connection, table, policy)
        for policy in POLICIES.keys() - found:
            sql.create_policy(connection, table, policy, POLICIES[policy])


def _grant(connection: BaseDatabaseWrapper) -> None:
    columns = sql.columns_of(connection)
    # Half-way through the migrations a column may not be there yet; its grant comes with it.
    wanted = {
        right
        for right in rights(sql.tables_of(connection))
        if not right.column or (right.table, right.column) in columns
    }
    for right in sorted(_held(connection) - wanted):
        sql.revoke(connection, right)
    # Asked anew: with a right on a table PostgreSQL takes the same one on its columns.
    for right in sorted(wanted - _held(connection)):
        sql.grant(connection, right)
    # A copy that did not know how far numbers are would give them out again.
    for sequence in sql.sequences_closed_to(connection, BACKUP):
        sql.open_sequence(connection, sequence, BACKUP)


def _held(connection: BaseDatabaseWrapper) -> set[sql.Right]:
    return sql.granted(connection, [*PROCESSES, BACKUP])


def tell_new_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a fresh PostgreSQL connection be told the scope before its first statement."""
    if connection.vendor != "postgresql":
        return
    connection.visor_scope = (None, None)  # type: ignore[attr-defined]
    if tell_database not in connection.execute_wrappers:
        # First, as `execute_wrapper` takes the last one away when its block ends.
        connection.execute_wrappers.insert(0, tell_database)
