"""Many threads that do the same thing at one moment, each with a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any

from django.db import connection


def together(tries: int, act: Callable[[], Any]) -> list[Any]:
    """Return what each of so many threads got."""
    start, connecting = Barrier(tries, timeout=60), Lock()

    def one(_: int) -> Any:
        try:
            # One after another: a server that is slow to let one in is left alone by all for a while.
            with connecting:
                connection.ensure_connection()
            start.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(tries) as pool:
        return list(pool.map(one, range(tries)))
