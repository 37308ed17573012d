"""How long a verdict takes with ten people in flight, each with cues, who do not wait for one another.

Ten software phones sign in at once. Each draws its frames as soon as it knows its cues, and all wait until
the last has drawn: phones do that for themselves, and here they would take the server's processor. Then each
sends its sample at a moment of its own within the time that cues take, and asks for the verdict as a phone
does. A verdict's time is from the last frame, sealed, until the phone knows: sending, the queue, the worker
and up to one poll (150 ms) are in it.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from authsvc.limits.register import unlimited
from benchmarks.figures import Figure
from devtools.phone.authenticator import Authenticator
from devtools.phone.phone import Denied, Person, SoftwarePhone, Step
from devtools.rendering import photographs
from devtools.stack.stack import Stack, running

PEOPLE: Final = 10
ROUNDS: Final = 6
PHOTOS: Final = Path(__file__).resolve().parent.parent / "build" / "photos" / "obama"
_SENDING, _JUDGING = 8, 9
"""The steps of the phone from the last frame until it knows the verdict."""
_PATIENCE_S: Final = 60.0


class _Waiting(SoftwarePhone):
    """Sends its sample when everybody has drawn, at a moment of its own."""

    patience = 1.0

    def __init__(self, person: Person, drawn: threading.Barrier, rng: np.random.Generator) -> None:
        super().__init__(person, wait=self._apart, tries=1, on_step=self._note, rng=rng)
        self.verdict_ms = 0.0
        self._drawn, self._apart_by = drawn, rng

    def _apart(self, seconds: float) -> None:
        began = time.monotonic()
        self._drawn.wait(_PATIENCE_S)
        cues = max(seconds, 1.0)
        left = max(0.0, began + seconds - time.monotonic())
        time.sleep(left + self._apart_by.uniform(0, cues))

    def _note(self, step: Step) -> None:
        if step.number in {_SENDING, _JUDGING}:
            self.verdict_ms += step.ms


def measure() -> Iterator[Figure]:
    """Yield the median and the 95th percentile of a verdict's time."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), VISOR_LIMITS=unlimited(), VISOR_CUE_SHARE="1") as stack,
    ):
        people = [_enrolled(stack, number) for number in range(PEOPLE)]
        _round(stack, people, 0)  # connections, caches and networks are warm after it
        took = sorted(each for number in range(ROUNDS) for each in _round(stack, people, number + 1))
    yield Figure("verdict after the last frame, median", median(took), "ms")
    yield Figure("verdict after the last frame, p95", took[int(0.95 * len(took))], "ms", "≤ 1000")
    yield Figure("verdicts", len(took), "")


def _enrolled(stack: Stack, number: int) -> Person:
    passkeys = Authenticator()
    enrolling = Person(photographs.read(PHOTOS / "01.jpg"), authenticator=passkeys)
    phone = SoftwarePhone(enrolling)
    phone.patience = 1.0
    phone.enrol(stack.new_link(f"Measured {number}"))
    return Person(photographs.read(PHOTOS / "03.jpg"), authenticator=passkeys)


def _round(stack: Stack, people: list[Person], number: int) -> list[float]:
    """Let everybody sign in at once; return each verdict's milliseconds, of refusals too."""
    drawn = threading.Barrier(len(people))
    seeds = np.random.SeedSequence(number).spawn(len(people))
    phones = [
        _Waiting(person, drawn, np.random.default_rng(seed))
        for person, seed in zip(people, seeds, strict=True)
    ]

    def sign_in(phone: _Waiting) -> float:
        try:
            phone.sign_in(f"{stack.partner_url}/members")
        except Denied as denied:
            print(f"  one sign-in was refused: {denied}")
        return phone.verdict_ms

    with ThreadPoolExecutor(len(people)) as threads:
        return [took for took in threads.map(sign_in, phones) if took]
