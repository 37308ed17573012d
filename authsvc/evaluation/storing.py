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
{lines}
}}
'''


def write_record(record: EvaluationRecord, folder: Path) -> Path:
    """Store the record in a folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{record.id}.json"
    path.write_text(json.dumps(as_json(record), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def ship_record(record: EvaluationRecord, *, folder: Path = SHIPPED, pins: Path = PINS) -> tuple[Path, str]:
    """Put the record in the place of the one of its kind that the release ships, and pin it in the source.

    One that vouches for faces, and one for what a page compares, stand side by side. Returns its path and its
    SHA-256, which whoever commits both should see.
    """
    for former in folder.glob("*.json"):
        if bool(json.loads(former.read_bytes()).get("references")) == bool(record.references):
            former.unlink()
    path = write_record(record, folder)
    hashes = {each.stem: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.glob("*.json")}
    lines = "\n".join(f'    "{name}": "{sha256}",' for name, sha256 in sorted(hashes.items()))
    pins.write_text(_PINS.format(lines=lines), encoding="utf-8")
    return path, hashes[record.id]
