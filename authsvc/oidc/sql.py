"""Values for the few statements that the ORM cannot write."""

from datetime import datetime
from typing import Any

from django.db import connection

from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import current_tenant_id


def sql_time(moment: datetime) -> Any:
    """Return a moment as this database stores it."""
    return connection.ops.adapt_datetimefield_value(moment)


def sql_tenant() -> Any:
    """Return the id of the tenant in scope as this database stores it."""
    return Tenant._meta.pk.get_db_prep_value(current_tenant_id(), connection)
