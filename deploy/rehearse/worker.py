"""What a worker tries to reach, from the namespaces of one that runs: database and Redis, and nobody else."""

import json
import socket
import sys
from collections.abc import Iterator
from typing import Final

from deploy.rehearse.networks import ADDRESSES, BROKER_PORT, DATABASE_PORT, HTTPS_PORT, MAIL_PORT
from deploy.rehearse.stage import RELEASE, NotAsTold, Stage
from deploy.rehearse.units import PROCESSES, environment

REACHED: Final = {"database": DATABASE_PORT, "broker": BROKER_PORT}
_PATIENCE: Final = 3.0
_SOCKETS: Final = ("/run/visor/web/sock", "/run/visor/portal/sock", "/run/postgresql/.s.PGSQL.5432")
_UNIT: Final = "visor-worker.service"


def targets() -> dict[str, tuple[str, int]]:
    """Return who listens where, by a name for each; everybody does so while this is tried."""
    watched = [environment(unit) for unit in PROCESSES if unit != _UNIT]
    ports = [(told["VISOR_ROLES"], int(told["VISOR_WATCH_ADDRESS"].rpartition(":")[2])) for told in watched]
    others = [
        *REACHED.items(),
        *ports,
        ("proxy", HTTPS_PORT),
        ("proxy", 80),
        ("outside", MAIL_PORT),
    ]
    return {f"{where}:{port}": (ADDRESSES[where], port) for where, port in others}


def tries(stage: Stage) -> str:
    """Let the worker's user try everything, within what its process sees. Raises NotAsTold."""
    process = stage.made.shown(_UNIT, "MainPID")
    told = {name: list(address) for name, address in targets().items()}
    python = f"{RELEASE}/venv/worker/bin/python"
    within = f"nsenter --target {process} --net --mount --wdns={RELEASE} setpriv --reuid=visor-worker \\\n"
    within += "  --regid=visor-worker --init-groups"
    said = stage.run(f"{within} {python} -m deploy.rehearse.worker '{json.dumps(told)}'", within="worker")
    reached = set(json.loads(said))
    _require_that_others_reach(stage)
    if reached != {f"{name}:{port}" for name, port in REACHED.items()}:
        raise NotAsTold(f"a worker reaches {sorted(reached)}")
    return f"{len(told) + len(_SOCKETS)} tried, {len(reached)} reached"


def _require_that_others_reach(stage: Stage) -> None:
    """Raise NotAsTold where nobody would have been reached anyway: the proxy answers those outside."""
    asked = f"socket.create_connection(('{ADDRESSES['proxy']}', {HTTPS_PORT}), {_PATIENCE})"
    stage.run(f'python -c "import socket; {asked}"', within="outside")


def reached(told: dict[str, tuple[str, int]]) -> Iterator[str]:
    """Yield the names of those that a connection can be opened to, and of sockets among the files."""
    for name, (host, port) in told.items():
        if _opens(socket.AF_INET, (host, port)):
            yield name
    yield from (path for path in _SOCKETS if _opens(socket.AF_UNIX, path))


def _opens(family: socket.AddressFamily, address: tuple[str, int] | str) -> bool:
    with socket.socket(family) as tried:
        tried.settimeout(_PATIENCE)
        try:
            tried.connect(address)
        except OSError:
            return False
    return True


def main() -> None:
    """Print whom this process reaches, of those that the argument names."""
    told = {name: (host, port) for name, (host, port) in json.loads(sys.argv[1]).items()}
    print(json.dumps(list(reached(told))))


if __name__ == "__main__":
    main()
