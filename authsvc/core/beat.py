"""Something done again and again by a thread of its own, by a clock that nobody can set.

`Event.wait` counts on the machine's monotonic clock: a wall clock that is set back, or far ahead, neither
stops a beat nor hurries it (O08).
"""

import logging
from collections.abc import Callable
from threading import Event, Thread

from django.db import connection

log = logging.getLogger(__name__)


class Beat(Thread):
    """Does one thing every so many seconds until it is stopped; whatever goes wrong, the next time comes.

    `at_once` does it at the start, too: what is done hourly would never be in a process that starts often.
    """

    def __init__(
        self, seconds: float, act: Callable[[], object], *, name: str = "", at_once: bool = False
    ) -> None:
        super().__init__(name=name or f"every {seconds} s", daemon=True)
        self.seconds, self.act, self._at_once = seconds, act, at_once
        self._stopped = Event()

    def run(self) -> None:
        """Go on until `stop` is called."""
        if self._at_once:
            self.once()
        while not self._stopped.wait(self.seconds):
            self.once()
        connection.close()

    def once(self) -> None:
        """Do it, and write down what went wrong; a connection that broke is not used again."""
        try:
            self.act()
        except Exception:
            log.exception("%s failed; it is done again in %s s", self.name, self.seconds)
            connection.close()

    def stop(self) -> None:
        """End it, after what it is at."""
        self._stopped.set()
