"""`python -m benchmarks.exchanges OTHER`: code→token of this checkout beside another one's, in turns.

Each has a Visor of two processes and a PostgreSQL server of its own, with fsync and with what a commit waits
for as said, and exchanges codes of one organisation: one client after another, and eight at once, where
whatever all exchanges of an organisation wait for is waited for. Each round makes codes in both, and redeems
them in both, the order changing from round to round. A ratio is our rate to theirs of one round; printed are
the mean ratio and its 95 % interval (pairs.py); beside it the processor time of an exchange, of Visor and its
PostgreSQL together, and its statements, which other work on the machine changes little.

With `--steps` each step of benchmarks/provider.py is driven in both by turns instead, eight requests at once.

It wants Redis, as production does:
`python -m devtools.stack.services -- python -m benchmarks.exchanges OTHER`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from benchmarks.audit import COMMITS
from benchmarks.pairs import HERE, interval
from benchmarks.provider import codes_of, redeemed, steps
from benchmarks.serving import Side
from benchmarks.sides.counting import HEADER
from devtools.stack.services import DURABLE_SETTINGS

EXCHANGES = 120
ALGORITHM = "ES256"  # with RS256 most of the time is the signature's
# What stands in each checkout: its own way to start itself, and what is told of it.
_STAND = """
import json, os, sys, tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
import requests
from benchmarks import serving
from devtools.stack.services import postgresql
with ExitStack() as stack:
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ["VISOR_TEST_DATABASE_URL"] = stack.enter_context(postgresql(json.loads(sys.argv[1])))
    side = serving._visor(Path(folder), stack)
    side.metadata = requests.get(side.discovery, timeout=10).json()
    serving._sign_in(side, serving._through_the_sandbox)
    serving.analyse([side])
    print(json.dumps(asdict(side)), flush=True)
    sys.stdin.read()
"""


def main() -> None:
    """Compare, and print a line for each way to exchange and to commit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exchanges")
    parser.add_argument("other", type=Path, help="another checkout, set up")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", action="store_true", help="every step, not exchanges alone")
    chosen = parser.parse_args()
    compared = _steps_compared if chosen.steps else _compared
    for name, setting in COMMITS.items():
        with ExitStack() as stack:
            settings = {**DURABLE_SETTINGS, "synchronous_commit": setting}
            sides = [stack.enter_context(_standing(each, settings)) for each in (HERE, chosen.other)]
            for line in compared(sides, chosen.rounds):
                print(f"{name}, {line}", flush=True)


@contextmanager
def _standing(checkout: Path, settings: dict[str, str]) -> Iterator[tuple[Side, int]]:
    command = [sys.executable, "-c", _STAND, json.dumps(settings)]
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        command, cwd=checkout, stdin=pipe, stdout=pipe, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    assert child.stdout is not None
    try:
        yield Side(**json.loads(next(line for line in child.stdout if line.startswith("{")))), child.pid
    finally:
        child.communicate(timeout=60)


def _compared(sides: list[tuple[Side, int]], rounds: int) -> Iterator[str]:
    found: dict[str, list[tuple[_Round, _Round]]] = defaultdict(list)
    for number in range(-1, rounds):  # the first warms caches and connections up
        for called, at_once in (("one client", 1), ("eight at once", 8)):
            pair = {side: _round(*sides[side], at_once) for side in (range(2) if number % 2 else (1, 0))}
            if number >= 0:
                found[called].append((pair[0], pair[1]))
    for called, pairs in found.items():
        for name, unit in (("rate", "/s"), ("spent", " ms of processor time"), ("statements", " statements")):
            values = [(getattr(own, name), getattr(its, name)) for own, its in pairs]
            middle, low, high = interval([own / its for own, its in values])
            ours, theirs = (sum(column) / len(values) for column in zip(*values, strict=True))
            yield (
                f"{called}: {ours:.1f} and {theirs:.1f}{unit}, ratio {middle:.3f} ({low:.3f} to {high:.3f})"
            )


def _steps_compared(sides: list[tuple[Side, int]], rounds: int) -> Iterator[str]:
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(-1, rounds):  # the first warms caches and connections up
        pair = {side: _rates(*sides[side]) for side in (range(2) if number % 2 else (1, 0))}
        for name in pair[0] if number >= 0 else ():
            found[name].append((pair[0][name], pair[1][name]))
    for name, values in found.items():
        middle, low, high = interval([own / its for own, its in values])
        ours, theirs = (sum(column) / len(values) for column in zip(*values, strict=True))
        yield f"{name}: {ours:.1f} and {theirs:.1f}, ratio {middle:.3f} ({low:.3f} to {high:.3f})"


def _rates(side: Side, pid: int) -> dict[str, float]:
    """Return how many requests of each step a second were answered, and what all of them took."""
    before = _processor_seconds(pid)
    rates = {f"{name} a second": run.rate for name, run in steps(side, EXCHANGES, proofs=False)}
    return {**rates, "seconds of processor time": _processor_seconds(pid) - before}


class _Round(NamedTuple):
    """What one round of one side was: exchanges a second, and of each what it took."""

    rate: float
    spent: float
    statements: float


def _round(side: Side, pid: int, at_once: int) -> _Round:
    codes = codes_of(side, ALGORITHM, EXCHANGES)
    before = _processor_seconds(pid)
    run = redeemed(side, ALGORITHM, codes, at_once=at_once)
    spent = _processor_seconds(pid) - before
    counted = [int(answer.header(HEADER)) for answer in run.answers]
    return _Round(run.rate, 1000 * spent / len(run.answers), sum(counted) / len(counted))


def _processor_seconds(pid: int) -> float:
    """Return what a process and all below it have taken so far (proc(5), Linux alone)."""
    ticks, children = {}, defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            ticks[int(path.parent.name)] = int(fields[11]) + int(fields[12])
            children[int(fields[1])].append(int(path.parent.name))
    waiting, total = [pid], 0
    while waiting:
        one = waiting.pop()
        total += ticks.get(one, 0)
        waiting += children[one]
    return total / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
