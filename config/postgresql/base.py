"""A connection to PostgreSQL on which nobody waits for ever, whatever became of the server.

The server ends a statement that takes too long (`statement_timeout`), and the system a connection whose other
end is gone (keepalives). Neither helps where the server's process stands still: its system goes on to confirm
what is sent. So the wait ends here too, and with it the connection, as what it was about is unknown then.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any, ClassVar, Final

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg import Connection, IsolationLevel, OperationalError, _queries
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

# Seconds for which a server that did not answer is not asked again: each request would wait for it in turn.
_REST: Final = 2.0
# Of a statement with more parameters psycopg looks anew each time where they stand, as most of that kind are
# said once. Ours are constant; that by which a session answers an authorization has 61 (docs/adr/0505).
_queries.MAX_CACHED_STATEMENT_PARAMS = 100


class Moments(BaseTzLoader):
    """Reads times as Django does on a connection in UTC, and quicker: most rows have several."""

    timezone = UTC

    def load(self, data: Any) -> Any:
        """Return the time; one that has no such form is left to Django."""
        text = str(data, "ascii")
        if not text.endswith("+00"):
            return super().load(data)
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return super().load(data)


class BoundedConnection(Connection[Any]):
    """A connection whose waits end after `patience` seconds, None for never."""

    patience: float | None = None
    gave_up: Callable[[], None] = staticmethod(lambda: None)

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server; raises OperationalError, and closes the connection, where it says nothing."""
        allowed = self.patience if timeout is None else timeout
        try:
            return super().wait(gen, interval, allowed)
        except OperationalError:
            # What the server itself has ended is over; a statement that still runs was given up here.
            if timeout is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
                self.gave_up()
            raise


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes `patience` among the OPTIONS, in seconds, and with it `statement_timeout`, in milliseconds."""

    _asked_again_at: ClassVar[float] = 0.0
    rollbacks = 0
    """How often something was taken back: with it goes what was set within it (SET, set_config)."""

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.rollbacks += 1

    def _savepoint_rollback(self, sid: str) -> None:
        # Counted afterwards: until then nothing can be told in a transaction that has failed.
        try:
            super()._savepoint_rollback(sid)  # type: ignore[misc]
        finally:
            self.rollbacks += 1

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg takes."""
        params: dict[str, Any] = super().get_connection_params()
        for ours in ("patience", "statement_timeout"):
            params.pop(ours, None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> BoundedConnection:
        """Connect; raises OperationalError at once while the server is left alone."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        if monotonic() < DatabaseWrapper._asked_again_at:
            raise OperationalError("the database did not answer a moment ago")
        try:
            made = BoundedConnection.connect(**conn_params)
        except OperationalError:
            _leave_alone()
            raise
        made.gave_up = _leave_alone
        if self.timezone is UTC:
            made.adapters.register_loader("timestamptz", Moments)
        self._bound(made)
        return made

    def _bound(self, made: BoundedConnection) -> None:
        """Set the limits; not when connecting, as a pooler, which a sentence refuses, takes none then."""
        options = self.settings_dict["OPTIONS"]
        made.patience = options.get("patience")
        if made.patience is not None:
            made.autocommit = True
            made.execute(f"SET statement_timeout = {int(options['statement_timeout'])}")
            made.execute("SET idle_in_transaction_session_timeout = 60000")
            made.autocommit = False


def _leave_alone() -> None:
    DatabaseWrapper._asked_again_at = monotonic() + _REST
