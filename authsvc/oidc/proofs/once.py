"""Things that may be seen once, whatever the number of processes that see them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from authsvc.core.ids import secret_hash
from authsvc.oidc.sql import sql_tenant, sql_time
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.scope import current_tenant_id


@dataclass(frozen=True)
class Use:
    """The use of something that counts once in the tenant in scope: `name` says what, by kind and parts.

    `until` is when it is refused for another reason anyway, so that the note of it can go; `again` is
    what a second use is refused with.
    """

    name: tuple[str, ...]
    until: datetime
    again: RequestRefused

    @property
    def digest(self) -> str:
        """Return what is stored in place of the name."""
        return secret_hash("\x00".join((str(current_tenant_id()), *self.name)))


def use_once(*uses: Use) -> None:
    """Note things as used, all in one statement; raises the refusal of the first that was used before.

    The insert itself decides, so two parallel uses cannot both be the first. Where one is refused the
    others are used up too: they came with the same request.
    """
    if not uses:
        return
    places = ", ".join(["(%s, %s, %s)"] * len(uses))
    values = [value for use in uses for value in (use.digest, sql_tenant(), sql_time(use.until))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO oidc_usedonce (digest, tenant_id, expires_at) VALUES {places} "  # noqa: S608
            "ON CONFLICT DO NOTHING RETURNING digest",
            values,
        )
        fresh = {row[0] for row in cursor.fetchall()}
    for use in uses:
        if use.digest not in fresh:
            raise use.again
