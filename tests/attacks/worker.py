"""The worker of a running product as a process of the test's own, to be stopped and killed at will."""

import contextlib
import itertools
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from honcho.environ import parse_procfile

from devtools.demo.run import PROCFILE, ROOT
from devtools.stack.stack import Stack

START_SECONDS = 90
WORD_SECONDS = 60
READY = re.compile(r"worker (\S+) opens samples from now on")
_numbers = itertools.count(1)


class Worker:
    """A Celery worker with its pool, in one process group."""

    def __init__(self, stack: Stack, settings: Mapping[str, str]) -> None:
        self._log = stack.data_dir / f"worker-{next(_numbers)}.log"
        command = parse_procfile(PROCFILE.read_text()).processes["worker"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", command],
                env={**stack.env, **settings},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def id(self) -> str:
        """The name by which its sample keys go."""
        return self.await_word(READY)[1]

    def hold_pool(self) -> None:
        """Stop what judges; the process that takes messages goes on, and says that the worker is there."""
        for child in Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGSTOP)

    def stop_main(self) -> None:
        """Stop the process that takes and acknowledges messages, and nothing else."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self._process.pid, signal.SIGCONT)

    def await_word(self, word: str | re.Pattern[str], *, seconds: float = WORD_SECONDS) -> re.Match[str]:
        """Wait until the log holds a word, and return where."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(word, self._log.read_text(errors="replace"))):
            assert time.monotonic() < deadline, f"the worker never said: {word}"
            time.sleep(0.2)
        return found

    def kill(self) -> None:
        """End all of it at once, as the kernel does when memory runs out."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def working(stack: Stack, **settings: str) -> Iterator[Worker]:
    """Run a worker while the block runs; it has published a sample key when the block begins.

    `settings` are variables of its own.
    """
    worker = Worker(stack, settings)
    try:
        worker.await_word(READY, seconds=START_SECONDS)
        yield worker
    finally:
        worker.kill()
