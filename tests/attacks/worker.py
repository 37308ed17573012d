"""The worker of a running product as a process of the test's own, to be stopped and killed at will."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator

from honcho.environ import parse_procfile

from devtools.demo.run import PROCFILE, ROOT, answers
from devtools.stack.stack import Stack

START_SECONDS = 90
WORD_SECONDS = 60


class Worker:
    """A Celery worker with its pool, in one process group."""

    def __init__(self, stack: Stack) -> None:
        self._log = stack.data_dir / "worker.log"
        command = parse_procfile(PROCFILE.read_text()).processes["worker"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", command], env=stack.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self, *, pool: bool = True) -> None:
        """Stop it where it is; without `pool` only the process that takes and acknowledges messages."""
        (os.killpg if pool else os.kill)(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self._process.pid, signal.SIGCONT)

    def await_word(self, text: str) -> None:
        """Wait until a text stands in the log."""
        deadline = time.monotonic() + WORD_SECONDS
        while text not in self._log.read_text(errors="replace"):
            assert time.monotonic() < deadline, f"the worker never said: {text}"
            time.sleep(0.2)

    def kill(self) -> None:
        """End all of it at once, as the kernel does when memory runs out."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def working(stack: Stack) -> Iterator[Worker]:
    """Run a worker while the block runs; it has published a sample key when the block begins."""
    worker = Worker(stack)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(f"{stack.base_url}/readyz"):
            assert time.monotonic() < deadline, "the worker does not start"
            time.sleep(0.2)
        yield worker
    finally:
        worker.kill()
