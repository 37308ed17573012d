"""The tenant that the running code works for; without one, tenant data cannot be reached.

On PostgreSQL the same scope is told to the database, whose row-level security repeats the check for
every statement, also for those that a scoped manager did not build.
"""

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

from authsvc.tenancy.sql import set_scope

EVERY_TENANT = "*"
# A tenant's id, EVERY_TENANT, or "" outside any scope.
_scope: ContextVar[UUID | str] = ContextVar("tenant_scope", default="")


class NoTenantScope(Exception):
    """Tenant data was asked for outside any tenant's scope."""


def current_tenant_id() -> UUID:
    """Return the id of the tenant in whose scope the code runs.

    Raises NoTenantScope outside one, and in the scope of every tenant.
    """
    value = _scope.get()
    if isinstance(value, UUID):
        return value
    raise NoTenantScope("this needs the scope of one tenant")


def scope_value() -> str:
    """Return the tenant's id as text, "*" in the scope of every tenant, "" in none."""
    return str(_scope.get())


def in_every_tenant() -> bool:
    """Whether the code runs in the scope of every tenant."""
    return _scope.get() == EVERY_TENANT


class Scope:
    """A block that runs in a scope; written out, as a generator in its place takes several times as long."""

    __slots__ = ("_outer", "_value")

    def __init__(self, value: UUID | str) -> None:
        self._value = value
        self._outer: Token[UUID | str] | None = None

    def __enter__(self) -> None:
        self._outer = _scope.set(self._value)

    def __exit__(self, *_: object) -> None:
        assert self._outer is not None
        _scope.reset(self._outer)


def tenant_scope(tenant_id: UUID) -> Scope:
    """Run the block for one tenant."""
    return Scope(tenant_id)


def every_tenant_scope() -> Scope:
    """Run the block across tenants: for migrations, which alone the database lets do so."""
    return Scope(EVERY_TENANT)


def tell_database(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Tell PostgreSQL the scope before a statement where it changed since the last one; an execute wrapper.

    So a request costs no round trip for it while a connection stays with one tenant.
    """
    connection = context["connection"]
    if not connection.needs_rollback and not _knows(connection):
        _tell(connection)
    return execute(sql, params, many, context)


def _knows(connection: BaseDatabaseWrapper) -> bool:
    told, rollbacks = getattr(connection, "visor_scope", (None, None))
    # A rollback takes back what was told inside its block. Blocks themselves tell nothing: a function that
    # is one has the same at each call.
    return told == _scope.get() and rollbacks in {None, _rollbacks_of(connection)}


def _tell(connection: BaseDatabaseWrapper) -> None:
    value = _scope.get()
    set_scope(connection, scope_value())
    rollbacks = _rollbacks_of(connection) if connection.in_atomic_block else None
    connection.visor_scope = (value, rollbacks)  # type: ignore[attr-defined]


def _rollbacks_of(connection: BaseDatabaseWrapper) -> int:
    return int(connection.rollbacks)  # type: ignore[attr-defined]
