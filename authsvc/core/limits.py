"""How often something may be tried: counters that every process of a role shares, in Django's cache.

With Redis they are shared by all machines; the embedded default, one process on one machine, keeps them in
its memory. A counter holds the digest of its key, so that the store shows no address and no account.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.core.cache import cache
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import secret_hash

log = logging.getLogger(__name__)

# So long somebody waits who came while the counters could not be reached, in seconds.
_OUTAGE: Final = 10
# A ValueError says that a counter was thrown out of a store that is full.
_TROUBLE: Final = (RedisError, OSError, ValueError)


class TooMany(Refused):
    """A limit is reached; `retry_after` says in how many seconds one more is let in (RFC 6585 section 4)."""

    retry_after: int

    def __init__(self, limit: "Limit", *, retry_after: int, detail: str) -> None:
        super().__init__(
            "too-many",
            _("That was tried too often. Please wait a little, and try again."),
            detail=f"{limit.name}: {detail}",
            status=429,
            retry_after=retry_after,
        )


@dataclass(frozen=True)
class Limit:
    """At most `most` within any `per`; `name` keeps the counters of one limit apart from another's.

    Time is cut into windows of `per`. What was spent in the window before counts by the part of it that is
    not over yet, so that nobody gets twice as much around the end of a window; what was refused costs
    nothing.
    """

    name: str
    most: int
    per: timedelta

    def spend(self, key: str) -> None:
        """Count one for a key, or raise TooMany. Where the counters cannot be reached, nobody is let in."""
        try:
            wait = self._spend(key)
        except _TROUBLE as problem:
            log.error("the counters of %s cannot be reached: %s", self.name, problem)
            raise TooMany(self, retry_after=_OUTAGE, detail="the counters cannot be reached") from problem
        if wait:
            raise TooMany(self, retry_after=wait, detail=f"more than {self.most} in {self.per}")

    def give_back(self, key: str) -> None:
        """Take back one that was spent just now: it turned out to be none of those that are limited."""
        try:
            cache.decr(self._place(key, self._time()[0]))
        except _TROUBLE as problem:
            # Or it was spent in the window before, and counts for less with each second.
            log.info("nothing was given back to %s: %s", self.name, problem)

    def _spend(self, key: str) -> int:
        """Count one, and return 0; or count nothing, and return the seconds to wait."""
        window, passed = self._time()
        before = max(int(cache.get(self._place(key, window - 1), 0)), 0)
        count = self._count(self._place(key, window))
        if before * (self._length - passed) + count * self._length <= self.most * self._length:
            return 0
        cache.decr(self._place(key, window))
        return self._wait(before, count - 1, passed)

    def _count(self, place: str) -> int:
        # Two at once may both find nothing here; then both count on what the first has put.
        cache.add(place, 0, timeout=2 * self.per.total_seconds())
        return int(cache.incr(place))

    def _wait(self, before: int, count: int, passed: int) -> int:
        """Return in how many seconds what is spent has faded so far that there is room for one more."""
        if count < self.most and before:
            left = self._length * (self.most - 1 - count) // before
            wait = self._length - left - passed
        else:
            left = self._length * (self.most - 1) // count if count else self._length
            wait = 2 * self._length - left - passed
        return max(-(-wait // 1000), 1)

    def _time(self) -> tuple[int, int]:
        """Return the number of the present window, and how many milliseconds of it have passed."""
        return divmod(int(now().timestamp() * 1000), self._length)

    def _place(self, key: str, window: int) -> str:
        return f"limit:{self.name}:{window}:{secret_hash(key)}"

    @property
    def _length(self) -> int:
        """The window's length in milliseconds."""
        return int(self.per.total_seconds() * 1000)


def spend_all(*costs: tuple[Limit, str]) -> None:
    """Count one for each limit's key, or none at all: raise the TooMany of the first that is reached."""
    for position, (limit, key) in enumerate(costs):
        try:
            limit.spend(key)
        except TooMany:
            give_back_all(*costs[:position])
            raise


def give_back_all(*costs: tuple[Limit, str]) -> None:
    """Take back what `spend_all` has counted."""
    for limit, key in costs:
        limit.give_back(key)
