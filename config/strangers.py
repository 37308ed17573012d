"""Strangers who are refused on and on wait for their turn, before Django is entered (docs/adr/0427).

Each process counts by itself what it refused to an address that proved nothing. Whoever comes from an address
that was refused too often is served one request after another, one a second; whoever proves a key, a secret
or a token takes one refusal back, and is let out. So nobody is locked out, and a flood of what is refused
takes next to nothing of the interpreter that others need.
"""

import logging
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Final

from authsvc.core.addresses import address_in
from authsvc.core.proven import begin_unproven, is_proven
from authsvc.core.remembered import Remembered
from authsvc.limits.counting import Full, MemoryCounters
from authsvc.limits.register import REFUSED
from config.bodies import Application, Environ

log = logging.getLogger(__name__)
_MOST_ADDRESSES: Final = 20_000
# Seconds: a window, and the one after it (authsvc/limits/counting.py).
_COUNTS_FOR: Final = 2 * REFUSED.per.total_seconds()


class Strangers:
    """How often this process refused what came from where, and who waits for it."""

    def __init__(self) -> None:
        self._counts = MemoryCounters(_MOST_ADDRESSES)
        self._slowed: Remembered[str, bool] = Remembered(seconds=0, capacity=_MOST_ADDRESSES)
        self._over_at = 0.0
        self._counts_until = 0.0

    def any_waits(self) -> bool:
        """Whether anybody was refused too often of late, so that it is worth asking who."""
        return monotonic() < self._over_at

    def waits(self, address: str) -> bool:
        """Whether whoever comes from this address has to wait for their turn."""
        return self._slowed.get(address) is not None

    def note_refusal(self, address: str) -> None:
        """Count what a stranger was refused."""
        self._counts_until = monotonic() + _COUNTS_FOR
        try:
            self._counts.spend([REFUSED.cost(address)], _milliseconds())
        except Full as full:
            if not self.waits(address):
                log.warning("refused on and on, and slowed down: %s", address)
            self._slowed.keep(address, value=True, seconds=full.wait)
            self._over_at = max(self._over_at, monotonic() + full.wait)

    def any_refused(self) -> bool:
        """Whether a refusal still counts for anybody, so that there may be one to take back."""
        return monotonic() < self._counts_until

    def note_proof(self, address: str) -> None:
        """Take a refusal back, and let out whoever waits."""
        self._counts.give_back([REFUSED.cost(address)], _milliseconds())
        self._slowed.forget(address)


strangers: Final = Strangers()


def counting_refusals(application: Application) -> Application:
    """Note of each answer whether it refuses a stranger something."""

    def answered(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        def started(status: str, fields: Any, *problem: Any) -> Any:
            if is_proven():
                if strangers.any_refused():
                    strangers.note_proof(address_in(environ))
            elif status.startswith("4"):
                strangers.note_refusal(address_in(environ))
            return start_response(status, fields, *problem)

        begin_unproven()
        return application(environ, started)

    return answered


def _milliseconds() -> int:
    return int(monotonic() * 1000)
