"""`python -m benchmarks [SUITE …]`: run the suites, print their tables, write build/bench.json.

It measures and does not judge: a missed aim is printed and kept, and the exit status stays 0.
"""

import argparse
import importlib
from pathlib import Path

from benchmarks.figures import Figure, table, write

RESULTS = Path(__file__).resolve().parent.parent / "build" / "bench.json"
# Each suite is a module with `measure() -> Iterable[Figure]`; its docstring says what it shows.
SUITES = (
    *("biometrics", "provider", "keycloak", "audit", "seals", "queue_overhead", "models", "storage"),
    *("sign_in", "crowd"),
    "tracking",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="all without one")
    chosen = parser.parse_args().suites or SUITES
    figures: list[Figure] = []
    for name in chosen:
        suite = importlib.import_module(f"benchmarks.{name}")
        print(f"\n{(suite.__doc__ or name).splitlines()[0]}", flush=True)
        measured = list(suite.measure())
        print(table(measured), flush=True)
        figures += measured
        write(figures, RESULTS)
    missed = [figure.name for figure in figures if figure.holds is False]
    print(f"\n{len(figures)} figures in {RESULTS}; aims missed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
