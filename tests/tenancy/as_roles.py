"""Connections to the test's own database, each as one role."""

from typing import Any

import psycopg
from django.db import connection

from authsvc.tenancy.models import Tenant


def connect_as(role: str, tenant: Tenant | str = "") -> "psycopg.Connection[Any]":
    """Return a connection of a role whose scope is a tenant's, or whatever is said."""
    told = connection.settings_dict
    opened = psycopg.connect(
        host=told["HOST"], port=told["PORT"], dbname=told["NAME"], user=role, autocommit=True
    )
    scope = tenant if isinstance(tenant, str) else str(tenant.pk)
    opened.execute("SELECT set_config('visor.tenant', %s, false)", [scope])
    return opened
