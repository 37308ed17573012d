"""Key pairs that follow from one another in time: a seed makes the later ones, and none of those before.

A worker's processes part after the seed is drawn and need not speak of keys again: each of them goes
forward by the same clock. A seed that was left behind cannot be computed from a later one.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from authsvc.core.envelope import derive
from authsvc.core.ids import b64u

PERIOD: Final = 300.0
"""Seconds for which a pair is the newest; it opens what was sealed to it for as long again."""
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256 (SEC 2, section 2.4.2)."""


@dataclass(frozen=True, slots=True)
class _Kept:
    period: int
    seed: bytes = field(repr=False)

    def at(self, period: int) -> "_Kept":
        """Return the seed of a later period."""
        kept = self
        while kept.period < period:
            kept = _Kept(kept.period + 1, derive(kept.seed, info=b"visor/sample-key/next/v1"))
        return kept


class Ratchet:
    """The pairs of the present period and the one before; older ones are gone, in every process that asks.

    Threads may share one: going forward comes to the same seed, whoever does it.
    """

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        """Draw the first seed; `clock` is the same for all processes of the machine, and never goes back."""
        self._clock = clock
        self._begun = clock()
        self._oldest = _Kept(0, secrets.token_bytes(32))

    def periods(self) -> tuple[int, ...]:
        """Return the periods whose pairs there are, the present one last; what is older is forgotten now."""
        present = int((self._clock() - self._begun) // PERIOD)
        self._oldest = self._oldest.at(max(0, present - 1))
        return tuple(range(self._oldest.period, present + 1))

    def seconds_left(self, period: int) -> float:
        """Return for how long a period goes on; negative where it is over."""
        return (period + 1) * PERIOD - (self._clock() - self._begun)

    def pair(self, period: int) -> ECKey:
        """Return the private key of one of `periods`; raises KeyError for another."""
        if period not in self.periods():
            raise KeyError(period)
        return _private_key(self._oldest.at(period).seed)


def _private_key(seed: bytes) -> ECKey:
    """Return the P-256 key of a seed: 512 bits modulo the order leave no bias (FIPS 186-5, A.2.1)."""
    wide = derive(seed, info=b"visor/sample-key/high/v1") + derive(seed, info=b"visor/sample-key/low/v1")
    number = int.from_bytes(wide, "big") % (_ORDER - 1) + 1
    numbers = ec.derive_private_key(number, ec.SECP256R1()).private_numbers()
    x, y = numbers.public_numbers.x, numbers.public_numbers.y
    parts = {"d": number, "x": x, "y": y}
    return ECKey.import_key(
        {
            "kty": "EC",
            "crv": "P-256",
            **{name: b64u(part.to_bytes(32, "big")) for name, part in parts.items()},
        }
    )
