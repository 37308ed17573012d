"""How a measurement was made: when, of which source, by which command."""

from __future__ import annotations

import shlex
import subprocess
import sys
from datetime import UTC, datetime

from authsvc.biometrics.records.manifest import ROOT


def made_by(dataset: str) -> dict[str, str]:
    """Return date, commit ("unknown" where there is no checkout), command and dataset of what runs now.

    Folders are told by their last part alone: where they lie on a machine says nothing to anybody else.
    """
    words = [word.rstrip("/").rpartition("/")[2] for word in sys.argv[1:]]
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _git("describe", "--always", "--dirty=-changed", "--exclude=*"),
        "command": shlex.join(["manage.py", *words]),
        "dataset": dataset,
    }


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
