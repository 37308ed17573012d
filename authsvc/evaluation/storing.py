"""Where a finished record goes: to the deployment's own, signed, or into the release, pinned by its hash."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from authsvc.biometrics.records.record import SHIPPED, EvaluationRecord, as_json

PINS: Final = SHIPPED.parent / "pins.py"

_PINS: Final = '''\
"""The hash of each record that the release ships; `manage.py evaluate DATASET --ship` writes this file."""

from typing import Final

SHA256: Final = {{
    "{id}": "{sha256}",
}}
'''


def write_record(record: EvaluationRecord, folder: Path) -> Path:
    """Store the record in a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.id}.json"
    path.write_text(json.dumps(as_json(record), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def ship_record(record: EvaluationRecord, *, folder: Path = SHIPPED, pins: Path = PINS) -> tuple[Path, str]:
    """Put the record in the place of the one that the release ships, and pin it in the source.

    Returns its path and its SHA-256, which whoever commits both should see.
    """
    for former in folder.glob("*.json"):
        former.unlink()
    path = write_record(record, folder)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    pins.write_text(_PINS.format(id=record.id, sha256=sha256), encoding="utf-8")
    return path, sha256
