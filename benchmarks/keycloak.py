"""The OpenID provider beside Keycloak on the same PostgreSQL, and npm's oidc-provider in memory, by turns.

Each round drives every step at every side, the order changing from round to round. A ratio is Visor's rate to
the other's of one round; printed are the mean ratio and its 95 % interval (pairs.py), so that other work on
the machine, which slows both, decides nothing. Visor counts limits, seals rows and records events as always;
Keycloak is as it comes, which keeps no events. The load is provider.py's, and comes from this machine.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from benchmarks.load import Run
from benchmarks.pairs import interval
from benchmarks.provider import statements, steps
from benchmarks.serving import Side, analyse, node_provider, product
from benchmarks.sides.keycloak import Missing, keycloak

ROUNDS = 10
REQUESTS = 100
# A virtual machine compiles what runs often: before that its rates say nothing.
WARM_UP = 10
AIMS = {
    "code→token RS256": "≥ 2",
    "refresh": "≥ 2",
    "PAR": "≥ 2",
    "authorize with a session": "≥ 1.2",
    "code→token ES256": "≥ 1.2",
    "introspection": "≥ 1",
    "userinfo": "≥ 1",
}

Runs = dict[str, dict[str, list[Run]]]


def measure() -> Iterator[Figure]:
    """Yield the ratios, then each side's rates; nothing, and a line, where Keycloak is not to be had."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        try:
            other = keycloak(Path(folder), stack)
        except Missing as missing:
            print(f"not compared with Keycloak: {missing}", flush=True)
            return
        sides = [product(Path(folder), stack), other, node_provider(stack)]
        for side in sides:
            for _ in range(WARM_UP):
                list(steps(side, REQUESTS, proofs=False))
        analyse(sides)
        runs = _rounds(sides)
    yield from ratios(runs, "Keycloak", AIMS)
    yield from ratios(runs, "oidc-provider", {})
    for step, found in runs.items():
        for name, rounds in found.items():
            yield Figure(f"{step}, {name}, rate", median(run.rate for run in rounds), "/s")
    for step, found in runs.items():
        yield Figure(f"{step}, Visor, statements", statements(found["Visor"][-1]) or 0, "")


def _rounds(sides: list[Side]) -> Runs:
    runs: Runs = defaultdict(lambda: defaultdict(list))
    for number in range(ROUNDS):
        for side in sides if number % 2 else reversed(sides):
            for step, run in steps(side, REQUESTS, proofs=False):
                runs[step][side.name].append(run)
    return runs


def ratios(runs: Runs, other: str, aims: dict[str, str]) -> Iterator[Figure]:
    """Yield Visor's rate to another's for each step that both have, round by round."""
    for step, found in runs.items():
        pairs = zip(found["Visor"], found[other], strict=True)
        middle, low, high = interval([own.rate / its.rate for own, its in pairs])
        yield Figure(f"{step}, Visor to {other}", middle, "×", aims.get(step, ""), (low, high))
