"""The tenant that the running code works for; without one, tenant data cannot be reached.

On PostgreSQL the same scope is told to the database, whose row-level security repeats the check for
every statement, also for those that a scoped manager did not build.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.db import connection

EVERY_TENANT = "*"
_scope: ContextVar[str] = ContextVar("tenant_scope", default="")


class NoTenantScope(Exception):
    """Tenant data was asked for outside any tenant's scope."""


def current_tenant_id() -> UUID:
    """Return the id of the tenant in whose scope the code runs.

    Raises NoTenantScope outside one, and in the scope of every tenant.
    """
    value = _scope.get()
    if value in {"", EVERY_TENANT}:
        raise NoTenantScope("this needs the scope of one tenant")
    return UUID(value)


def scope_value() -> str:
    """Return the tenant's id, "*" in the scope of every tenant, "" in none."""
    return _scope.get()


@contextmanager
def tenant_scope(tenant_id: UUID) -> Iterator[None]:
    """Run the block for one tenant."""
    with _enter(str(tenant_id)):
        yield


@contextmanager
def every_tenant_scope() -> Iterator[None]:
    """Run the block across tenants: for sweepers and platform commands, never for a request."""
    with _enter(EVERY_TENANT):
        yield


@contextmanager
def _enter(value: str) -> Iterator[None]:
    token = _scope.set(value)
    tell_database(value)
    try:
        yield
    finally:
        _scope.reset(token)
        tell_database(_scope.get())


def tell_database(value: str) -> None:
    """Set the scope on an open PostgreSQL connection; a connection that opens later is told by a signal."""
    if connection.vendor != "postgresql" or connection.connection is None or connection.connection.closed:
        return
    if connection.needs_rollback or connection.in_atomic_block:
        _tell_inside_transaction(value)
        return
    # Outside a transaction the setting lasts, so an unchanged scope costs no round trip.
    if getattr(connection, "visor_scope", None) != value:
        _execute(value)
        connection.visor_scope = value  # type: ignore[attr-defined]


def _tell_inside_transaction(value: str) -> None:
    # A rollback takes the setting back, so what the connection remembers can no longer be trusted.
    connection.visor_scope = None  # type: ignore[attr-defined]
    if not connection.needs_rollback:
        _execute(value)


def _execute(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('visor.tenant', %s, false)", [value])
