"""The tenant that the running code works for; without one, tenant data cannot be reached.

On PostgreSQL the same scope is told to the database, whose row-level security repeats the check for
every statement, also for those that a scoped manager did not build.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from authsvc.tenancy.sql import set_scope

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
    try:
        yield
    finally:
        _scope.reset(token)


def tell_database(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Tell PostgreSQL the scope before a statement where it changed since the last one; an execute wrapper.

    So a request costs no round trip for it while a connection stays with one tenant.
    """
    connection = context["connection"]
    if not connection.needs_rollback and not _knows(connection):
        _tell(connection)
    return execute(sql, params, many, context)


def _knows(connection: BaseDatabaseWrapper) -> bool:
    told, block = getattr(connection, "visor_scope", (None, None))
    # A rollback takes back what was told inside its block, so that counts while the block is open.
    return told == _scope.get() and (block is None or any(block is each for each in connection.atomic_blocks))


def _tell(connection: BaseDatabaseWrapper) -> None:
    value = _scope.get()
    set_scope(connection, value)
    block = connection.atomic_blocks[-1] if connection.atomic_blocks else None
    connection.visor_scope = (value, block)  # type: ignore[attr-defined]
