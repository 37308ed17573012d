"""No process of production serves beside a database that logs samples (docs/adr/0271)."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from authsvc.transactions.sql import are_logged


@register(Tags.database)
def check_samples_are_not_logged(databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Say so where samples or sealed references reach the write-ahead log, replicas and backups."""
    if not databases:
        return []
    try:
        logged = are_logged()
    except DatabaseError:
        return []
    said = "Tables of samples, or of what goes down to phones, are logged: replicas and backups hold it."
    hint = (
        "ALTER TABLE transactions_sealedsample SET UNLOGGED, and transactions_outgoing, as migrations "
        "transactions.0006 and 0012 do."
    )
    return [Error(said, hint=hint, id="transactions.E001")] if logged else []
