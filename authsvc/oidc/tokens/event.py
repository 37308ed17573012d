"""The authentication event that tokens speak of."""

from dataclasses import dataclass
from datetime import datetime

from authsvc.assurance.levels import Level


@dataclass(frozen=True)
class Event:
    """An authentication as tokens speak of it: the level reached, how, under which policy, and when."""

    level: Level
    amr: tuple[str, ...]
    at: datetime
    policy: str = ""
