"""Run the tests, and those of a running product that failed once more, with the processor for themselves.

    python -m tests.unsteady ARGUMENTS      as `pytest ARGUMENTS`; part of `make test`

Beside two other processes of tests, on two cores, a wait of the product can end that ends nowhere else: a
second for a counter, four for a statement. Such a test is named in the last lines whether or not it then
passes. Of other tests none is tried again, and of many failures none: docs/adr/0539.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("tests/attacks/", "tests/browser/", "tests/chaos/", "tests/journeys/")
"""Where tests wait for processes of their own."""
MOST = 3
ALONE = ("-n", "0", "-p", "no:cacheprovider")
_LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"

Run = Callable[[Sequence[str]], int]


def run(arguments: Sequence[str]) -> int:
    """Run pytest in a process of its own, and return its code."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


def last_failed() -> list[str]:
    """Return the tests that failed, or could not be begun, in the run before."""
    return list(json.loads(_LAST_FAILED.read_text())) if _LAST_FAILED.exists() else []


def may_be_unsteady(failed: Sequence[str]) -> bool:
    """Whether these failures are few, and all of tests that wait for processes."""
    return 0 < len(failed) <= MOST and all(name.startswith(ROOMS) for name in failed)


def judged(arguments: Sequence[str], *, run: Run = run, last_failed: Callable[[], list[str]]) -> int:
    """Return the code of the run, or that of the second one where there is one."""
    code = run(["--cache-clear", *arguments])
    if code != pytest.ExitCode.TESTS_FAILED or not may_be_unsteady(failed := last_failed()):
        return code
    print("Once more, with nothing beside them:", *failed, sep="\n  ", flush=True)
    code = run([*ALONE, *failed])
    outcome = "failed again" if code else "passed alone"
    for name in failed:
        print(f"Unsteady: {name} failed beside others, {outcome}")
    return code


if __name__ == "__main__":
    # What ends the run is sent to both: pytest ends by it and says what it knows, which this waits for.
    signal.signal(signal.SIGINT, lambda *_: None)
    sys.exit(judged(sys.argv[1:], last_failed=last_failed))
