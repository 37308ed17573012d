"""`python -m benchmarks.sign_ins OTHER`: what a face sign-in takes here beside another checkout, in turns.

An aim in milliseconds was set on some machine. What it means on this one is told by the commit that it was
set on: 8e9ec37e, of which web took 89 ms there, so that 60 are a ratio of 0.67. Each checkout runs its own
product and its own software phone, on a PostgreSQL server of both; each round signs in as often in both, the
order changing. Printed are the processor times of web and worker, and the mean ratio with its 95 % interval
(pairs.py); what they take while nobody comes is taken off.

It wants PostgreSQL and Redis:
`python -m devtools.stack.services -- python -m benchmarks.sign_ins OTHER`.
"""

import argparse
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

from benchmarks.pairs import HERE, interval
from benchmarks.sign_in import BEFORE, IDLE_SECONDS, PHOTOS, SIGN_INS, processor_seconds, roles_of

PARTS: Final = {"web": "gunicorn", "worker": "celery"}
"""By role the program that answers in it: before roles had processes of their own, others played web too."""
# What stands in each checkout; the first names are those of 8e9ec37e.
_STAND = """
import sys, tempfile
from pathlib import Path
try:
    from authsvc.simulator import photographs
    from authsvc.simulator.authenticator import Authenticator
    from authsvc.simulator.phone import Person, SoftwarePhone
    from tests.stack import running
    changes = {}
except ImportError:
    from authsvc.limits.register import unlimited
    from devtools.phone.authenticator import Authenticator
    from devtools.phone.phone import Person, SoftwarePhone
    from devtools.rendering import photographs
    from devtools.stack.stack import running
    changes = {"VISOR_LIMITS": unlimited(), "WEB_PLAYS": "web"}
first, second = (photographs.read(Path(each)) for each in sys.argv[1:])
passkeys = Authenticator()
with tempfile.TemporaryDirectory() as folder, running(Path(folder), **changes) as stack:
    SoftwarePhone(Person(first, authenticator=passkeys)).enrol(stack.new_link("Measured"))
    person = Person(second, authenticator=passkeys)
    print("folder", folder, flush=True)
    for line in sys.stdin:
        for _ in range(int(line)):
            SoftwarePhone(person).sign_in(f"{stack.partner_url}/members")
        print("done", flush=True)
"""


class Standing(NamedTuple):
    """A checkout's product while it runs: where its data are, and the way to its phone."""

    folder: str
    ask: IO[str]
    told: IO[str]

    def sign_in(self, count: int) -> None:
        """Have its phone sign in so often."""
        print(count, file=self.ask, flush=True)
        next(line for line in self.told if line == "done\n")

    def spent(self) -> dict[str, float]:
        """Return the processor seconds that each part has taken so far."""
        found = {part: processor_seconds(self._processes(part)) for part in PARTS}
        return {**found, "at": time.monotonic()}

    def _processes(self, part: str) -> Iterator[int]:
        for pid in roles_of(self.folder, part):
            if PARTS[part] in Path(f"/proc/{pid}/cmdline").read_text(errors="replace"):
                yield pid


def main() -> None:
    """Compare, and print a line for each part."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sign_ins")
    parser.add_argument("other", type=Path, help="another checkout, set up")
    parser.add_argument("--rounds", type=int, default=4)
    chosen = parser.parse_args()
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with ExitStack() as stack:
        sides = [stack.enter_context(_standing(each)) for each in (HERE, chosen.other.resolve())]
        for side in sides:
            side.sign_in(BEFORE)
        idle = [_idle(side) for side in sides]
        for number in range(chosen.rounds):
            order = (0, 1) if number % 2 == 0 else (1, 0)
            taken = {each: _taken(sides[each], idle[each]) for each in order}
            for part in PARTS:
                found[part].append((taken[0][part], taken[1][part]))
    for part, values in found.items():
        middle, low, high = interval([own / its for own, its in values])
        ours, theirs = (sum(column) / len(values) for column in zip(*values, strict=True))
        print(f"{part}: {ours:.1f} and {theirs:.1f} ms, ratio {middle:.3f} ({low:.3f} to {high:.3f})")


@contextmanager
def _standing(checkout: Path) -> Iterator[Standing]:
    pictures = [str(PHOTOS / name) for name in ("01.jpg", "03.jpg")]
    child = subprocess.Popen(
        [sys.executable, "-c", _STAND, *pictures], cwd=checkout, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."},
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        folder = next(line.split()[1] for line in child.stdout if line.startswith("folder "))
        yield Standing(folder, child.stdin, child.stdout)
    finally:
        child.communicate(timeout=60)


def _idle(side: Standing) -> dict[str, float]:
    """Return the processor seconds of each part in a second in which nobody comes."""
    before = side.spent()
    time.sleep(IDLE_SECONDS)
    return _since(side, before, dict.fromkeys(PARTS, 0.0), per=IDLE_SECONDS)


def _taken(side: Standing, idle: dict[str, float]) -> dict[str, float]:
    """Return the milliseconds of processor time that each part takes for a sign-in."""
    before = side.spent()
    side.sign_in(SIGN_INS)
    return _since(side, before, idle, per=SIGN_INS / 1000)


def _since(
    side: Standing, before: dict[str, float], idle: dict[str, float], *, per: float
) -> dict[str, float]:
    after = side.spent()
    whole = after["at"] - before["at"]
    return {part: (after[part] - before[part] - idle[part] * whole) / per for part in PARTS}


if __name__ == "__main__":
    main()
