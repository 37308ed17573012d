"""The authentication event that tokens speak of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from authsvc.assurance.levels import Level


@dataclass(frozen=True)
class Event:
    """An authentication as tokens speak of it: the level reached, how, under which policy, and when.

    `face` is the claim of that name, None where no face counts, and `handoff` that of its name, "" where one
    device did it all.
    """

    level: Level
    amr: tuple[str, ...]
    at: datetime
    policy: str = ""
    face: Mapping[str, str] | None = None
    handoff: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the event as JSON."""
        return {**asdict(self), "level": self.level.name, "at": self.at.isoformat()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Event":
        """Return the event that `to_json` wrote."""
        at = datetime.fromisoformat(value["at"])
        said = (value["policy"], value.get("face"), value.get("handoff", ""))
        return cls(Level[value["level"]], tuple(value["amr"]), at, *said)
