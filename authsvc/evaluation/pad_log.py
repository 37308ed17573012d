"""The tries of a PAD evaluation as they are made, one JSON line each, so that a broken-off run goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .pad_trials import Trial


class TrialLog:
    """The tries kept in a file, which holds for one set of conditions; without a path nothing is kept.

    Raises ValueError where the file was made under other conditions, or is no such file.
    """

    def __init__(self, path: Path | None, conditions: Mapping[str, Any]) -> None:
        self._path = path
        self._trials: list[Trial] = []
        if path is None:
            return
        if not path.exists():
            path.write_text(json.dumps(conditions) + "\n", encoding="utf-8")
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        if json.loads(head) != conditions:
            raise ValueError(f"{path} was made under other conditions: {head}")
        self._trials = [_trial(line) for line in lines]

    def kept(self, species: str) -> list[Trial]:
        """Return the tries of one species, in the order in which they were made."""
        return [trial for trial in self._trials if trial.species == species]

    def keeping(self, trials: Iterable[Trial]) -> Iterator[Trial]:
        """Yield the tries, each one kept first."""
        for trial in trials:
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(trial)) + "\n")
            yield trial


def _trial(line: str) -> Trial:
    body = json.loads(line)
    obedience = body.pop("obedience")
    return Trial(**body, obedience=tuple(obedience) if obedience else None)
