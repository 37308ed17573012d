"""The tries of a PAD evaluation, kept as they are made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .pad_trials import Trial
from .try_log import TryLog


class TrialLog(TryLog[Trial]):
    """See TryLog."""

    def __init__(self, path: Path | None, conditions: Mapping[str, Any]) -> None:
        super().__init__(path, conditions, _trial)

    def kept(self, species: str) -> list[Trial]:
        """Return the tries of one species, in the order in which they were made."""
        return [trial for trial in self.tries if trial.species == species]


def _trial(body: dict[str, Any]) -> Trial:
    obedience = body.pop("obedience")
    return Trial(**body, obedience=tuple(obedience) if obedience else None)
