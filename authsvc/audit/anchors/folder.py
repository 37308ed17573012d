"""Checkpoints in a folder: a file a log, to which a line of JSON is added for each.

The file belongs to the user of the scheduled work, who is not the database's: whoever administers the
database can neither write it nor take a line out. On Linux `chattr +a` lets even that user only add.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from authsvc.tenancy.scope import current_tenant_id

_TAIL: Final = 4 * 1024  # bytes; a note has a tenth of it


def _path() -> Path | None:
    folder: Path | None = settings.LOG_ANCHOR
    return None if folder is None else folder / f"{current_tenant_id()}.jsonl"


def is_here() -> bool:
    """Whether checkpoints are kept in a folder."""
    return settings.LOG_ANCHOR is not None


def keep(note: str) -> None:
    """Add a checkpoint to the file of the tenant in scope, and have it on disk before returning."""
    path = _path()
    if path is None:
        return
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    try:
        os.write(descriptor, json.dumps({"note": note}).encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def newest() -> str | None:
    """Return the note of the last checkpoint in the file, None where there is none."""
    path = _path()
    if path is None or not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return next((note for line in reversed(list(file)) if (note := _note(line))), None)


def every() -> Iterator[str]:
    """Yield the notes of the file, the oldest first."""
    path = _path()
    if path is None or not path.exists():
        return
    with path.open("rb") as file:
        yield from filter(None, map(_note, file))


def _note(line: bytes) -> str:
    """Return the note of a line; "" for one that was not written to its end, when the power went."""
    try:
        said = json.loads(line)
    except ValueError:
        return ""
    return str(said.get("note", "")) if isinstance(said, dict) else ""
