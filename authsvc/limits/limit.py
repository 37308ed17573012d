"""Spending of a limit, and the refusal of whoever has spent it."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import Final, Literal

from django.conf import settings
from django.db import Error
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.ids import secret_hash
from authsvc.limits.counting import Cost, Counters, Full, MemoryCounters

log = logging.getLogger(__name__)

# So long somebody waits who came while the counters could not be reached, in seconds.
_OUTAGE: Final = 10
# So long a store that did not answer is not asked again, in seconds: else each request would wait for it.
_REST: Final = 2.0
_TROUBLE: Final = (RedisError, OSError, Error)

WithoutStore = Literal["shut", "bounded"]
"""What a limit does while its store cannot be asked: let nobody in, or as many in each process by itself."""


@dataclass(frozen=True)
class Limit:
    """At most `standard` within any `per`; a row of the register, which says what the other fields mean."""

    name: str
    standard: int
    per: timedelta
    by: str
    of: str
    without_store: WithoutStore = "shut"
    guards: bool = True

    @property
    def most(self) -> int:
        """How many are let in: as VISOR_LIMITS says, or as the register does."""
        return int(settings.LIMITS.get(self.name, self.standard))

    def spend(self, key: object) -> None:
        """Count one for a key, or raise TooMany."""
        spend_all((self, key))

    def give_back(self, key: object) -> None:
        """Take back one that was spent just now: it turned out to be none of those that are limited."""
        give_back_all((self, key))

    def cost(self, key: object) -> Cost:
        """Return what one for a key costs. The place shows neither the key nor what it is of."""
        place = secret_hash(f"{self.name} {key}")
        return Cost(place, self.most, int(self.per.total_seconds() * 1000))


Spending = tuple[Limit, object]


class TooMany(Refused):
    """A limit is reached; `retry_after` says in how many seconds one more is let in (RFC 6585 section 4).

    `first` says that it is the first for this key in a while: a flood is written down by its beginning.
    """

    retry_after: int

    def __init__(
        self, limit: Limit, *, retry_after: int, detail: str, first: bool, status: int = 429
    ) -> None:
        super().__init__(
            "too-many",
            _("That was tried too often. Please wait a little, and try again.")
            if status == 429
            else _("This cannot be done at the moment. Please wait a little, and try again."),
            detail=f"{limit.name}: {detail}",
            status=status,
            retry_after=retry_after,
            silent=not first,
        )
        self.limit = limit


def spend_all(*costs: Spending) -> None:
    """Count one for each limit's key, or none at all: raise the TooMany of the first that is reached."""
    _store.spend(costs)


def give_back_all(*costs: Spending) -> None:
    """Take back what `spend_all` has counted."""
    _store.give_back(costs)


def forget_counts() -> None:
    """Drop all that was counted, and what is thought of the store; for tests."""
    _store.forget_all()


def _count_refusal(limit: Limit) -> None:
    # The settings read the register before it is known how this process counts.
    from authsvc.core.measures import REFUSALS

    REFUSALS.labels(limit.name).inc()


class _Store:
    """The installation's counters, and what happens while they cannot be asked."""

    def __init__(self) -> None:
        self._counters: dict[str, Counters] = {}
        self._own, self._noted = MemoryCounters(), MemoryCounters()
        self._asked_again_at = 0.0
        self._lock = Lock()

    def spend(self, costs: tuple[Spending, ...]) -> None:
        at, told = _now(), [limit.cost(key) for limit, key in costs]
        try:
            if not self._spent_in_store(told, at):
                self._spend_without(costs, told, at)
        except Full as full:
            limit, key = costs[full.position]
            said = f"more than {limit.most} in {limit.per}"
            first = self._is_first(limit, key, at)
            _count_refusal(limit)
            raise TooMany(limit, retry_after=full.wait, detail=said, first=first) from None

    def give_back(self, costs: tuple[Spending, ...]) -> None:
        at, told = _now(), [limit.cost(key) for limit, key in costs]
        self._own.give_back(told, at)
        if monotonic() < self._asked_again_at:
            return
        try:
            self._chosen().give_back(told, at)
        except _TROUBLE as problem:
            # It was spent, and counts for less with each second.
            self._rest(problem)

    def forget_all(self) -> None:
        self._asked_again_at = 0.0
        for counters in (self._own, self._noted, *self._counters.values()):
            with suppress(*_TROUBLE):
                counters.forget_all()
        self._counters.clear()

    def _spent_in_store(self, told: list[Cost], at: int) -> bool:
        if monotonic() < self._asked_again_at:
            return False
        try:
            self._chosen().spend(told, at)
        except _TROUBLE as problem:
            self._rest(problem)
            return False
        return True

    def _spend_without(self, costs: tuple[Spending, ...], told: list[Cost], at: int) -> None:
        shut = next((cost for cost in costs if cost[0].without_store == "shut"), None)
        if shut is not None:
            first = self._is_first(*shut, at)
            said = "the counters cannot be reached"
            _count_refusal(shut[0])
            raise TooMany(shut[0], retry_after=_OUTAGE, detail=said, first=first, status=503)
        self._own.spend(told, at)

    def _rest(self, problem: Exception) -> None:
        self._asked_again_at = monotonic() + _REST
        log.error("the counters cannot be reached: %s", type(problem).__name__)

    def _is_first(self, limit: Limit, key: object, at: int) -> bool:
        """Whether no such refusal was written down by this process in the last minute."""
        try:
            self._noted.spend([Cost(limit.cost(key).place, 1, 60_000)], at)
        except Full:
            return False
        return True

    def _chosen(self) -> Counters:
        named: str = settings.COUNTERS
        with self._lock:
            if named not in self._counters:
                self._counters[named] = _opened(named)
            return self._counters[named]


def _opened(named: str) -> Counters:
    """Return the store that the settings name; imported here, as neither needs what the other does."""
    if named == "memory":
        return MemoryCounters()
    if named == "database":
        from authsvc.limits.sql import DatabaseCounters

        return DatabaseCounters()
    from authsvc.limits.in_redis import RedisCounters

    return RedisCounters(named)


def _now() -> int:
    return int(now().timestamp() * 1000)


_store = _Store()
