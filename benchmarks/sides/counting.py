"""Counts the statements of each request to a Django site, and says them in a header."""

from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
HEADER = "X-Statements"
# Savepoints and the scope of row-level security are no look-ups; tests/provider/basic counts the same way.
_HOUSEKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config")


def counted(application: Wsgi) -> Wsgi:
    """Return the application with the header on every answer."""
    from django.db import connection

    def counting(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        count = 0

        def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            nonlocal count
            count += not sql.startswith(_HOUSEKEEPING)
            return execute(sql, *rest)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, (HEADER, str(count))], *rest)

        with connection.execute_wrapper(note):
            return application(environ, start)

    return counting
