"""Rehearse an installation, as root: `make rehearse`. The steps are those of STEPS (docs/operations.md)."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from deploy.rehearse import installation, networks, outside, servers, upgrading, watching, worker
from deploy.rehearse.machine import machine, runs_here
from deploy.rehearse.stage import NotAsTold, Stage

_TOOLS: Final = ("ip", "nft", "nginx", "redis-server", "prometheus")
_REQUESTS: Final = 2000
_SHOWN: Final = 200

STEPS: Final[Sequence[tuple[str, Callable[[Stage], str | None]]]] = (
    ("A network namespace for each role, and nothing passes but what is named", networks.join),
    ("PostgreSQL, Redis and a server of mail, by TLS alone", servers.begin),
    ("Users and folders", installation.lay_out),
    ("The set-up, from a file of answers", installation.set_up),
    ("Units, each in its role's namespace", installation.lay_units),
    ("nginx and every process start, and a person could sign in", installation.start),
    ("Each process is its role's: user, namespace, and role of the database", installation.standing),
    ("A worker tries to reach everybody", worker.tries),
    ("The owner's invitation opens", installation.open_invitation),
    ("An organisation for each application model", outside.found_organisations),
    ("People enrol and sign in, by each model", outside.enrol),
    ("Prometheus hears all, and no alert is raised", watching.all_is_well),
    ("A worker is killed: an alert is raised, and ends", watching.a_dead_worker_is_told),
    ("Database and keys are copied", installation.back_up),
    ("The next release is laid beside this one", upgrading.unpack),
    ("An upgrade under load, and one step back", upgrading.under_load),
    ("People sign in", outside.sign_in),
    ("Database, queue and keys are destroyed", installation.destroy),
    ("All of it is restored", installation.restore),
    ("Every process starts, and a person could sign in", installation.start_again),
    ("The log is whole", installation.verify),
    ("People sign in again", outside.sign_in),
)


def rehearse(stage: Stage) -> None:
    """Go through the steps, and print how long each took. Raises NotAsTold."""
    for number, (title, step) in enumerate(STEPS, start=1):
        print(f"{number:2}  {title}", flush=True)
        begun = time.monotonic()
        said = (step(stage) or "done").splitlines()[0]
        print(f"    {time.monotonic() - begun:5.1f} s  {said[:_SHOWN]}", flush=True)


def missing() -> str | None:
    """Say why nothing can be rehearsed here, or None."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    absent = next((name for name in _TOOLS if not shutil.which(name, path=path)), None)
    return runs_here() or (f"no {absent} (make system-deps)" if absent else None)


def _played(stage: Stage) -> None:
    try:
        rehearse(stage)
    except (NotAsTold, AssertionError) as problem:
        print(f"{stage.logs()}\n\nNot as told: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


def main() -> None:
    """Rehearse; status 1 where something is not as told, or nothing can be rehearsed that has to be."""
    parser = argparse.ArgumentParser(prog="python -m deploy.rehearse")
    parser.add_argument("--requests", type=int, default=_REQUESTS, help="at least, while releases change")
    parser.add_argument("--where-possible", action="store_true", help="pass where nothing can be rehearsed")
    given = parser.parse_args()
    if reason := missing():
        print(f"Nothing can be rehearsed here: {reason}", file=sys.stderr)
        raise SystemExit(not given.where_possible)
    begun = time.monotonic()
    log = Path(tempfile.gettempdir(), f"visor-rehearsal-{os.getpid()}")
    try:
        with machine(log, {}, bare=True) as made:
            _played(Stage(made, given.requests))
    finally:
        log.unlink()
    print(f"All went as told, in {time.monotonic() - begun:.0f} s.")


if __name__ == "__main__":
    main()
