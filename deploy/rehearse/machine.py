"""A machine for units: systemd itself as the first process of namespaces of its own.

It has its own processes, files of /etc, /opt, /var and /run, and control groups; the network is that of who
starts it, so that servers are reached at 127.0.0.1, or one of its own, which leads nowhere. The release is
this work tree as it is.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
UNITS: Final = ROOT / "deploy" / "systemd"
BOOT: Final = Path(__file__).with_name("boot.sh")
START_SECONDS: Final = 20
_NAMESPACES: Final = (
    *("--mount", "--pid", "--fork", "--mount-proc", "--cgroup", "--ipc", "--uts"),
    "--kill-child=KILL",
)
# What boot.sh mounts, and what a rehearsal joins and keeps apart: some containers allow none of it.
_TRIED: Final = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/upper /run/work
mount -t overlay overlay /etc -o lowerdir=/etc,upperdir=/run/upper,workdir=/run/work
umount --recursive /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
"""


@dataclass(frozen=True)
class Machine:
    """A running one, by the process that is its first."""

    first: int

    def run(self, *command: str, user: str = "root") -> str:
        """Return what a command prints on it; raises AssertionError with everything that it said."""
        done = self.tried(*command, user=user)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def tried(self, *command: str, user: str = "root") -> subprocess.CompletedProcess[str]:
        """Return how a command ended on it."""
        return subprocess.run(self.entered(*command, user=user), capture_output=True, text=True, check=False)

    def entered(self, *command: str, user: str = "root", within: str = "") -> list[str]:
        """Return the command that runs one on it: as a user, and within a network namespace of its own."""
        inside = ["ip", "netns", "exec", within] if within else []
        become = [] if user == "root" else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return ["nsenter", "--target", str(self.first), "--all", *inside, *become, *command]

    def path(self, name: str) -> Path:
        """Return where a file of it is seen from here."""
        return Path(f"/proc/{self.first}/root{name}")

    def shown(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.run("systemctl", "show", "--value", "--property", name, unit).strip()

    def log(self, unit: str) -> str:
        """Return what a unit has written."""
        return self.tried("cat", f"/run/log-of/{unit}").stdout


@cache
def runs_here() -> str | None:
    """Say why no such machine can be had here, or None."""
    if os.geteuid() != 0:
        return "units are tried as root"
    tools = ("unshare", "nsenter", "setpriv", "systemd-analyze")
    if absent := next((name for name in tools if not shutil.which(name)), None):
        return f"no {absent} (make system-deps)"
    tried = ["unshare", *_NAMESPACES, "--net", "bash", "-c", _TRIED]
    done = subprocess.run(tried, capture_output=True, text=True, check=False)
    return f"no namespaces or mounts: {done.stderr.strip()}" if done.returncode else None


@contextmanager
def machine(log: Path, files: dict[str, str], *, bare: bool = False) -> Iterator[Machine]:
    """Run one while the block runs, with these files on it, by their paths; nothing of Visor is started.

    A `bare` one has a network of its own, the release in its folder, and nothing else of an installation.
    """
    told = {"ROOT": str(ROOT), "BASE": sys.base_prefix, "SITE": _site(), "UNITS": str(UNITS)}
    told["BARE"] = "yes" if bare else ""
    # What a test run is told of itself is not for the machine.
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("VISOR_", "DJANGO_"))}
    namespaces = [*_NAMESPACES, *(["--net"] if bare else [])]
    with log.open("wb") as output:
        process = subprocess.Popen(
            # Whatever becomes of the test, nothing of the machine outlives it.
            ["setpriv", "--pdeathsig=KILL", "unshare", *namespaces, "bash", str(BOOT)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**usual, **told, "container": "namespaces"},
        )
    assert process.stdin
    process.stdin.write(json.dumps(files).encode())
    process.stdin.close()
    try:
        yield _ready(process, log)
    finally:
        process.kill()
        process.wait()


def _ready(process: subprocess.Popen[bytes], log: Path) -> Machine:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := children.read_text().split():
            made = Machine(int(found[0]))
            if made.tried("systemctl", "is-active", "--quiet", "machine.target").returncode == 0:
                return made
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def _site() -> str:
    return next(path for path in sys.path if path.endswith("site-packages"))
