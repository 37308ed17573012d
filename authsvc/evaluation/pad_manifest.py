"""A folder of real recordings: bursts that answered a challenge, and films that are cut to answer one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from .pad_films import cut, read_film
from .pad_recordings import Recording, read_burst


def read_recordings(folder: Path) -> Iterator[tuple[str, str, Recording]]:
    """Yields (species, subject, recording) of a folder whose manifest.json is a list of bursts

        {"species": name or "bona-fide", "subject": name, "steps": [as in docs/protocol.md, section 3],
         "frames": [{"file": path below the folder, "t": milliseconds since the first cue}, …]}

    and of films that answer no challenge yet (pad_films.py), each cut to one drawn by its place in the list

        {"species": …, "subject": …, "film": folder of pictures or MJPEG file, "fps": frames a second,
         "instructions": [{"cue": …, "t": milliseconds, "degrees": …}, …, {"cue": "end", "t": …}]}

    Raises ValueError, naming the entry, for a missing field, file or picture, or a file outside the folder.
    """
    entries = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for number, entry in enumerate(entries):
        try:
            yield str(entry["species"]), str(entry["subject"]), _recording(folder, entry, number)
        except (KeyError, TypeError, OSError) as problem:
            raise ValueError(f"entry {number} of the manifest: {problem}") from problem


def _recording(folder: Path, entry: Mapping[str, Any], number: int) -> Recording:
    if "film" in entry:
        return cut(read_film(folder, entry), Random(number))  # noqa: S311 - a cut that can be had again is no secret.
    return read_burst(folder, entry)
