"""No process of production serves beside a database that logs samples (docs/adr/0271)."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from authsvc.transactions.samples import are_logged


@register(Tags.database)
def check_samples_are_not_logged(databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Say so where sealed samples reach the write-ahead log, and with it replicas and backups."""
    if not databases:
        return []
    try:
        logged = are_logged()
    except DatabaseError:
        return []
    said = "The table transactions_sealedsample is logged: replicas and backups would hold people’s samples."
    hint = "ALTER TABLE transactions_sealedsample SET UNLOGGED, as migration transactions.0006 does."
    return [Error(said, hint=hint, id="transactions.E001")] if logged else []
