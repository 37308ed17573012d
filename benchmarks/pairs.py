"""`python -m benchmarks.pairs OTHER [SUITE …]`: this checkout beside another one, in turns, row by row.

Each round runs `make bench` in both, the order changing from round to round; a row's ratio is ours to theirs
of one round, so that a machine whose speed drifts harms neither. Printed are the mean ratio and its 95 %
interval (Student's t over the logarithms), what got worse first; a row is called worse where its interval
lies wholly beyond the bound.
"""

import argparse
import json
import os
import subprocess
from collections import defaultdict
from math import exp, log
from pathlib import Path
from statistics import mean, stdev

from scipy.stats import t as student

HERE = Path(__file__).resolve().parent.parent
BOUND = 0.03
# Units in which less is better; of the others, more is.
COSTS = {"ms", "s", "MiB", "statements", "", "%"}

Rows = dict[str, tuple[float, str]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairs")
    parser.add_argument("other", type=Path, help="another checkout, set up")
    parser.add_argument("suites", nargs="*", help="all without one")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    ratios: dict[str, list[float]] = defaultdict(list)
    for number in range(chosen.rounds):
        sides = (HERE, chosen.other) if number % 2 == 0 else (chosen.other, HERE)
        found = {side: _bench(side, chosen.suites) for side in sides}
        for name, ratio in worsening(found[HERE], found[chosen.other]).items():
            ratios[name].append(ratio)
        print(f"round {number + 1} of {chosen.rounds}", flush=True)
    print(as_table({name: interval(values) for name, values in ratios.items() if len(values) > 1}))


def _bench(checkout: Path, suites: list[str]) -> Rows:
    results = checkout / "build" / "bench.json"
    subprocess.run(
        ["make", "bench", f"SUITES={' '.join(suites)}"], cwd=checkout, check=True, env=dict(os.environ),
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    listed = json.loads(results.read_text(encoding="utf-8"))
    return {figure["name"]: (float(figure["value"]), figure["unit"]) for figure in listed}


def worsening(ours: Rows, theirs: Rows) -> dict[str, float]:
    """Return for each row of both how many times worse ours is: 1.03 is three per cent."""
    ratios = {}
    for name in ours.keys() & theirs.keys():
        (own, unit), (its, _) = ours[name], theirs[name]
        if own > 0 and its > 0:
            ratios[name] = own / its if unit in COSTS else its / own
    return ratios


def interval(ratios: list[float]) -> tuple[float, float, float]:
    """Return the geometric mean of the ratios and its 95 % interval; at least two."""
    logs = [log(ratio) for ratio in ratios]
    middle = mean(logs)
    reach = float(student.ppf(0.975, len(logs) - 1)) * stdev(logs) / len(logs) ** 0.5
    return exp(middle), exp(middle - reach), exp(middle + reach)


def as_table(rows: dict[str, tuple[float, float, float]]) -> str:
    """Return the rows as text, the one that got worse most first."""
    width = max((len(name) for name in rows), default=0)
    lines = []
    for name, (middle, low, high) in sorted(rows.items(), key=lambda row: -row[1][1]):
        mark = "WORSE" if low > 1 + BOUND else ""
        lines.append(f"{name:<{width}}  {middle:6.3f}  ({low:.3f} to {high:.3f})  {mark}".rstrip())
    worse = sum(low > 1 + BOUND for _, low, _ in rows.values())
    return "\n".join([*lines, f"{len(rows)} rows, {worse} worse by more than {BOUND:.0%}"])


if __name__ == "__main__":
    main()
