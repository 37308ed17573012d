"""On one machine a process plays web and portal: in the database it works as the one whose route is asked.

So each statement of the demo and of a test run meets the grants that production gives its process. Outside
requests such a process is the migrator, who sets things up.
"""

from collections.abc import Callable
from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from psycopg.pq import TransactionStatus

from authsvc.tenancy.grants import ROLE_PREFIX
from authsvc.tenancy.sql import leave_role, take_role
from config.roles import ROUTES, WEB

_WEB_PATHS: Final = (
    "/.well-known/",
    *{"/" + prefix.partition("<")[0] for prefix, _, who in ROUTES if who == WEB and prefix},
)


class OneRoleARequest:
    """The middleware; a database without roles is left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request as one role."""
        if connection.vendor != "postgresql":
            return self.get_response(request)
        acting = _As(ROLE_PREFIX + role_of(request.path_info))
        with connection.execute_wrapper(acting):
            try:
                return self.get_response(request)
            finally:
                acting.end(connection)


def role_of(path: str) -> str:
    """Return the role in whose process this path is answered."""
    return "web" if path.startswith(_WEB_PATHS) else "portal"


class _As:
    """Takes the role before a request's first statement, and again where a rollback took it back."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._taken: tuple[Any, Any] | None = None

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        database: BaseDatabaseWrapper = context["connection"]
        if not database.needs_rollback and not self._holds(database):
            take_role(database, self._role)
            rollbacks = getattr(database, "rollbacks", 0) if database.in_atomic_block else None
            self._taken = (database.connection, rollbacks)
        return execute(sql, params, many, context)

    def _holds(self, database: BaseDatabaseWrapper) -> bool:
        if self._taken is None or self._taken[0] is not database.connection:
            return False
        return self._taken[1] in {None, getattr(database, "rollbacks", 0)}

    def end(self, database: BaseDatabaseWrapper) -> None:
        """Be the migrator again; in a transaction that failed its rollback sees to that."""
        taken = self._taken and self._taken[0]
        if taken is None or taken is not database.connection or taken.closed:
            return
        if taken.info.transaction_status != TransactionStatus.INERROR:
            leave_role(database)
