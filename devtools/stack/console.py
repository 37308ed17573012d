"""A process of the running product that runs code for its tests, one piece after another.

A new process for each piece would spend more than a second on its start. Before each piece this one
forgets what it remembers of rows, and after it lets its connections go; what the product reads once as it
starts, its secrets above all, it does not read again.
"""

import contextlib
import io
import json
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import IO

import django

_SECONDS = 30


class ConsoleProblem(Exception):
    """A piece of code failed; the message is its traceback."""


class Console:
    """Our end of the process."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._orders: IO[str] = child.stdin
        self._answers: IO[str] = child.stdout

    def run(self, code: str) -> str:
        """Run a piece of code and return what it printed; raises ConsoleProblem."""
        self._orders.write(json.dumps(code) + "\n")
        self._orders.flush()
        answer = self._answers.readline()
        if not answer:
            raise ConsoleProblem("the process has ended")
        failed, said = json.loads(answer)
        if failed:
            raise ConsoleProblem(said)
        return str(said)


@contextlib.contextmanager
def console(env: Mapping[str, str]) -> Iterator[Console]:
    """Run the process in the product's environment while the block runs."""
    command = [sys.executable, "-m", __spec__.name]
    child = subprocess.Popen(command, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Console(child)
    finally:
        with contextlib.suppress(BrokenPipeError):
            child.communicate(timeout=_SECONDS)


def _answer(code: str) -> tuple[bool, str]:
    """Return whether a piece failed, and what it printed or why."""
    from django.db import connections

    from authsvc.core.remembered import forget_everything

    printed = io.StringIO()
    forget_everything()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<a test>", "exec"), {"__name__": "__main__"})  # noqa: S102 - of the tests alone
    except Exception:  # noqa: BLE001 - told to the test that gave the code
        return True, traceback.format_exc()
    finally:
        connections.close_all()
    return False, printed.getvalue()


def main() -> None:
    """Answer each line of standard input, a piece of code as JSON, with one of standard output."""
    django.setup()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
