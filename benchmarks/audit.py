"""The audit log: events a second at eight writers, one a commit, while they are taken into the log; checking.

A PostgreSQL server of its own, with fsync, and with what a commit waits for as said. Writers and sequencer
share this machine's cores with it. Whoever reads rates from a machine that does other work reads too little.
How old events become is printed for as many as can be written, which is more than can be taken in at once,
and held to its bound at the pace that is asked for.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.figures import Figure
from config import secrets
from devtools.stack.services import DURABLE_SETTINGS, postgresql

WRITERS = 8
PACE = 1500  # events a second of all writers
SECONDS = 8
TENANTS = 10
_MAKE = """
import json
from django.core.management import call_command
from authsvc.tenancy.models import Tenant
call_command("migrate", verbosity=0)
made = [Tenant.objects.create(slug=f"t{number}", name="A tenant") for number in range(%d)]
print(json.dumps([str(each.pk) for each in made]))
"""
# A commit that is on disk, and one that is there a moment later, as production may choose for its log.
COMMITS = {"synchronous_commit off": "off", "each commit on disk": "on"}


def measure() -> Iterator[Figure]:
    """Yield the rates, how old an event becomes before it is in the log, and how fast logs are checked."""
    for name, setting in COMMITS.items():
        aim = "≥ 1500" if setting == "off" else ""
        with (
            tempfile.TemporaryDirectory() as folder,
            postgresql({**DURABLE_SETTINGS, "synchronous_commit": setting}) as database,
        ):
            environment = _environment(Path(folder), database or "")
            tenants = json.loads(_run(environment, "-c", _setting_up()))
            for over in (TENANTS, 1):
                rate, oldest = _written(environment, tenants[:over], pace=0)
                paced, in_time = _written(environment, tenants[:over], pace=PACE / WRITERS)
                called = f"{WRITERS} writers over {over} tenant{'s' if over > 1 else ''}, {name}"
                yield Figure(f"events, {called}", rate, "1/s", aim)
                yield Figure(f"oldest event not in the log then, {called}", oldest, "s")
                yield Figure(f"events, paced, {called}", paced, "1/s")
                yield Figure(f"oldest event not in the log then, paced, {called}", in_time, "s", "≤ 2")
            if setting == "off":
                checked = json.loads(_run(environment, "-m", "benchmarks.sides.events", "verify", tenants[0]))
                yield Figure("checked from stored leaves", checked["leaves"], "1/s", "≥ 100000")
                yield Figure("checked with rows", checked["rows"], "1/s", "≥ 30000")


def _setting_up() -> str:
    return "import django; django.setup()" + _MAKE % TENANTS


def _environment(folder: Path, database: str) -> Mapping[str, str]:
    secrets.write(folder / "secrets.json", secrets.generate())
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "VISOR_DATA_DIR": str(folder),
        "VISOR_TEST_DATABASE_URL": database,
        "VISOR_LOG_ANCHOR": str(folder / "log"),
    }


def _run(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip().splitlines()[-1]


def _written(environment: Mapping[str, str], tenants: list[str], *, pace: float) -> tuple[float, float]:
    """Return events a second, and the age in seconds of the oldest that waited; `pace` is of a writer."""
    begin = str(time.time() + 12)  # by then every process has started
    command = [sys.executable, "-m", "benchmarks.sides.events"]
    kinds = ["write"] * WRITERS + ["sequence"]
    started = [
        subprocess.Popen(
            [*command, kind, str(SECONDS), begin, ",".join(tenants), str(pace)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    ]
    said = [json.loads(each.communicate()[0].strip().splitlines()[-1]) for each in started]
    *writers, sequencer = said
    written = sum(each["written"] for each in writers)
    if sequencer["taken"] < written:
        raise RuntimeError(f"{written} events were written, and {sequencer['taken']} are in the log")
    return written / SECONDS, sequencer["oldest"]
