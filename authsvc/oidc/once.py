"""Things that may be seen once, whatever the number of processes that see them."""

from datetime import datetime

from django.db import connection

from authsvc.core.ids import secret_hash
from authsvc.oidc.sql import sql_tenant, sql_time
from authsvc.tenancy.scope import current_tenant_id


def use_once(kind: str, *parts: str, until: datetime) -> bool:
    """Note something as used, and return whether this was the first time.

    `until` is when it is refused for another reason anyway, so that the note can go. The insert
    itself decides, so two parallel uses cannot both be the first.
    """
    digest = secret_hash("\x00".join((str(current_tenant_id()), kind, *parts)))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO oidc_usedonce (digest, tenant_id, expires_at) VALUES (%s, %s, %s) "
            "ON CONFLICT DO NOTHING",
            [digest, sql_tenant(), sql_time(until)],
        )
        return bool(cursor.rowcount == 1)
