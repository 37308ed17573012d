"""A process that is started again when it ends, as systemd does, and that can be killed or stopped."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

from devtools.demo.run import ROOT

AGAIN_SECONDS = 1.0
"""After which what ended is started again; deploy/systemd waits 5."""
_END_SECONDS = 20


class Supervised:
    """A process with its children, in a group of its own; what it writes is added to a log."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        folder: Path = ROOT,
    ) -> None:
        self.name, self.log = name, log
        self._command, self._env, self._user, self._folder = command, env, user, folder
        self._wanted = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor: threading.Thread | None = None

    def start(self) -> None:
        """Start it, and keep it running."""
        self._wanted.set()
        self._process = self._begun()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it for good, or until `start`."""
        self._wanted.clear()
        if self._process is None or self._supervisor is None:
            return
        self._send(how, {self._process.pid})
        self._supervisor.join(_END_SECONDS)
        self._send(signal.SIGKILL)
        self._supervisor.join()
        self._process = None

    def end(self, how: signal.Signals) -> None:
        """Send its first process a signal that ends it; it is started again."""
        if self._process is not None:
            self._send(how, {self._process.pid})

    def kill(self) -> None:
        """End all of it at once; it is started again."""
        self._send(signal.SIGKILL)

    def kill_one(self, rng: Random) -> None:
        """End one of its processes at once, its first or a child."""
        self._send(signal.SIGKILL, {rng.choice(sorted(self._members()))})

    def freeze(self) -> None:
        """Let all of it stand still until `go_on`."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        self._send(signal.SIGCONT)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _begun(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                # Whatever becomes of the test, it does not outlive it.
                ["setpriv", "--pdeathsig=KILL", *self._command],
                env=self._env,
                user=self._user,
                cwd=self._folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _supervise(self) -> None:
        while self._process is not None:
            self._process.wait()
            self._send(signal.SIGKILL)  # what it has left, as systemd does
            if not self._wanted.is_set():
                return
            threading.Event().wait(AGAIN_SECONDS)
            if not self._wanted.is_set():
                return
            self._process = self._begun()

    def _members(self) -> set[int]:
        """Return its processes: what its first has begun, and whatever else is of that one's session."""
        first = self._process.pid if self._process is not None else 0
        known = dict(_kin())
        found = {pid for pid, (_, session) in known.items() if session == first}
        while more := {pid for pid, (parent, _) in known.items() if parent in found} - found:
            found |= more
        return found

    def _send(self, what: signal.Signals, members: set[int] | None = None) -> None:
        for pid in self._members() if members is None else members:
            with suppress(ProcessLookupError):
                os.kill(pid, what)


def _kin() -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield each process of this machine with its parent and its session."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent, _group, session = path.read_text().rpartition(")")[2].split()[1:4]
            yield int(path.parent.name), (int(parent), int(session))
