"""Row-level security on PostgreSQL: a second wall behind the scoped managers (S8.3-02)."""

from typing import Any

from django.apps import apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from authsvc.tenancy.scope import EVERY_TENANT, tell_database
from authsvc.tenancy.sql import protect_table, unprotected_tables

POLICY = "visor_tenant"


def tenant_tables() -> list[str]:
    """Return the tables of every model that belongs to a tenant, sorted."""
    from authsvc.tenancy.models import TenantOwned

    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, TenantOwned) and model._meta.managed and not model._meta.proxy
    )


def install_row_level_security(*, using: str, **_: Any) -> None:
    """Put the tenant policy on every tenant table that exists and lacks it; does nothing elsewhere.

    FORCE makes it hold for the owner of the table too, which the application usually is.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    unprotected = unprotected_tables(connection)
    for table in tenant_tables():
        if table in unprotected:
            protect_table(connection, table, policy=POLICY, every_tenant=EVERY_TENANT)


def tell_new_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a fresh PostgreSQL connection be told the scope before its first statement."""
    if connection.vendor != "postgresql":
        return
    connection.visor_scope = (None, None)  # type: ignore[attr-defined]
    if tell_database not in connection.execute_wrappers:
        # First, as `execute_wrapper` takes the last one away when its block ends.
        connection.execute_wrappers.insert(0, tell_database)
