"""`python -m benchmarks.sizing [RESULTS]`: what so many sign-ins a second take, by measured costs.

RESULTS is what `make bench SUITES=sign_in` wrote; without it, the costs that are committed in costs.json.
Printed is the table of docs/sizing.md.

People come by chance (Poisson), independently of one another. A sample is judged by the first worker process
that is free, in the time that one takes, spread by chance with the standard deviation SPREAD of its mean.
Sought is the least number of processes with which 95 of 100 verdicts come within VERDICT_S, sending left out,
and none is busier than WORKERS_BUSY. Then nothing is judged for OUTAGE_S, as while a standby takes over: how
long is it until that holds again?
All else is rate times cost, no part busier than BUSY. One installation has one PostgreSQL that writes, one
Redis that queues and one way in: beyond what the smallest of these bears, organisations are spread over
several installations, which share nothing.
"""

import argparse
import heapq
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

COSTS: Final = Path(__file__).with_name("costs.json")
RATES: Final = (1.0, 100.0, 10_000.0)
"""Sign-ins a second."""
VERDICT_S: Final = 1.0
SPREAD: Final = 0.3
SECONDS: Final = 300.0
OUTAGE_S: Final = 15.0
BUSY: Final = 0.6
WORKERS_BUSY: Final = 0.8
"""Of workers, whom people wait for: the rest catches up with what was not judged in an outage."""
THREADS: Final = 8
"""Of a process of web; each keeps a connection to PostgreSQL (docs/adr/0262)."""
# What one installation has at most: cores of its database's server, one core for Redis, which has one thread,
# bytes a second that a disk takes in order, and of the network.
DATABASE_CORES: Final = 64
AHEAD_BYTES: Final = 200e6
NETWORK_BYTES: Final = 10e9 / 8
MONTHS_KEPT: Final = 13


@dataclass(frozen=True)
class Costs:
    """What one sign-in takes: processor seconds by part, bytes, and a worker process's private memory."""

    web: float
    worker: float
    provider: float
    database: float
    queue: float
    up: float
    down: float
    ahead: float
    kept: float
    memory: float


def costs_of(figures: Mapping[str, float]) -> Costs:
    """Return the costs among a run's figures, by their names; raises KeyError for one that is missing."""
    spent = {part: figures[f"processor time of {part}"] / 1000 for part in ("web", "worker", "provider")}
    return Costs(
        **spent,
        database=figures["processor time of PostgreSQL"] / 1000,
        queue=figures["processor time of Redis"] / 1000,
        up=1000 * figures["sent by a phone"],
        down=1000 * figures["sent to a phone"],
        ahead=1000 * figures["written ahead by PostgreSQL"],
        kept=1000 * figures["kept by PostgreSQL"],
        memory=2**20 * figures["private memory of process 1 of the worker"],
    )


@dataclass(frozen=True)
class Size:
    """What a rate takes: installations, and what each of them has."""

    rate: float
    installations: int
    workers: int
    web: int
    p95: float
    after_outage: float
    costs: Costs

    @property
    def each(self) -> float:
        """Return the sign-ins a second of one installation."""
        return self.rate / self.installations


def bearable(costs: Costs) -> tuple[float, str]:
    """Return how many sign-ins a second one installation bears, and what bears no more."""
    bounds = {
        f"the database's {DATABASE_CORES} cores": BUSY * DATABASE_CORES / costs.database,
        "Redis, one thread": BUSY / costs.queue,
        "what is written ahead": BUSY * AHEAD_BYTES / costs.ahead,
        "the network": BUSY * NETWORK_BYTES / max(costs.up, costs.down),
    }
    return min((most, name) for name, most in bounds.items())


def size(rate: float, costs: Costs) -> Size:
    """Return the least that bears a rate, in sign-ins a second."""
    installations = math.ceil(rate / bearable(costs)[0])
    each = rate / installations
    workers = least_workers(each, costs.worker)
    calm = latencies(each, costs.worker, workers)
    return Size(
        rate=rate,
        installations=installations,
        workers=workers,
        # One that is lost or being upgraded is not missed.
        web=1 + math.ceil(each * costs.web / BUSY),
        p95=float(np.percentile(calm[:, 1], 95)),
        after_outage=_recovered(latencies(each, costs.worker, workers, outage=True)),
        costs=costs,
    )


def least_workers(rate: float, mean: float) -> int:
    """Return the fewest worker processes by which 95 of 100 verdicts come in time, and not too busy.

    `mean` is the seconds in which one judges a sample. Raises ValueError where no number would do.
    """
    if mean * (1 + 2 * SPREAD) >= VERDICT_S:
        raise ValueError("one sample takes longer than a verdict may")
    fewest = math.floor(rate * mean / WORKERS_BUSY) + 1
    while np.percentile(latencies(rate, mean, fewest)[:, 1], 95) > VERDICT_S:
        fewest += max(1, fewest // 200)
    return fewest


def latencies(rate: float, mean: float, processes: int, *, outage: bool = False) -> np.ndarray:
    """Return when each sample came and how long its verdict took, in seconds: (samples, 2), by their coming.

    With `outage` nothing is begun for OUTAGE_S after a minute. The same people come each time.
    """
    rng = np.random.default_rng(1)
    came = np.cumsum(rng.exponential(1 / rate, int(rate * SECONDS) + 1))
    takes = rng.gamma(SPREAD**-2, mean * SPREAD**2, len(came))
    free = [0.0] * processes
    ends = np.empty(len(came))
    for number, (at, spent) in enumerate(zip(came.tolist(), takes.tolist(), strict=True)):
        begins = max(at, free[0])
        if outage and 60.0 <= begins < 60.0 + OUTAGE_S:
            begins = 60.0 + OUTAGE_S
        ends[number] = begins + spent
        heapq.heapreplace(free, begins + spent)
    return np.column_stack([came, ends - came])


def _recovered(found: np.ndarray) -> float:
    """Return how many seconds after an outage's end it was until 95 of a second's 100 came in time again."""
    after = found[found[:, 0] >= 60.0 + OUTAGE_S]
    seconds = np.floor(after[:, 0] - 60.0 - OUTAGE_S)
    late = (after[:, 1] > VERDICT_S).astype(float)
    return float(next(each for each in np.unique(seconds) if np.mean(late[seconds == each]) <= 1 - 0.95))


def rows(sizes: list[Size]) -> Iterator[tuple[str, list[str]]]:
    """Yield the lines of the table: what it is of, and its value at each rate."""

    def line(name: str, values: list[float], unit: str = "") -> tuple[str, list[str]]:
        return name, [f"{value:,.3g}{unit}" if value < 1000 else f"{value:,.0f}{unit}" for value in values]

    yield line("installations", [each.installations for each in sizes])
    yield line("sign-ins a second of one", [each.each for each in sizes])
    yield line("worker processes, a core each", [each.workers for each in sizes])
    yield line("their memory", [each.workers * each.costs.memory / 2**30 for each in sizes], " GiB")
    yield line("verdict, 95 of 100 within", [each.p95 for each in sizes], " s")
    yield line(f"in time again after {OUTAGE_S:.0f} s of outage", [each.after_outage for each in sizes], " s")
    yield line("web processes, a core each", [each.web for each in sizes])
    yield line("provider, cores", [each.each * each.costs.provider / BUSY for each in sizes])
    yield line("PostgreSQL, cores", [each.each * each.costs.database / BUSY for each in sizes])
    yield line("Redis, of its one core", [100 * each.each * each.costs.queue for each in sizes], " %")
    yield line("connections to PostgreSQL", [each.web * THREADS + each.workers + 8 for each in sizes])
    ahead = [each.each * each.costs.ahead / 1e6 for each in sizes]
    yield line("written ahead, and sent to a standby", ahead, " MB/s")
    yield line("from phones", [each.each * each.costs.up * 8 / 1e6 for each in sizes], " Mbit/s")
    month = 30 * 86400
    yield line(
        f"kept in {MONTHS_KEPT} months at a tenth of that, all day",
        [0.1 * each.each * each.costs.kept * month * MONTHS_KEPT / 1e9 for each in sizes],
        " GB",
    )


def main() -> None:
    """Print the table, and what bounds an installation."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizing")
    parser.add_argument("results", type=Path, nargs="?", default=COSTS)
    figures = json.loads(parser.parse_args().results.read_text(encoding="utf-8"))
    costs = costs_of({figure["name"]: figure["value"] for figure in figures})
    most, what = bearable(costs)
    print(f"One installation bears {most:,.0f} sign-ins a second; then {what} bears no more.\n")
    print("| sign-ins a second | " + " | ".join(f"{rate:,.0f}" for rate in RATES) + " |")
    print("|---" * (1 + len(RATES)) + "|")
    for name, values in rows([size(rate, costs) for rate in RATES]):
        print(f"| {name} | " + " | ".join(values) + " |")


if __name__ == "__main__":
    main()
