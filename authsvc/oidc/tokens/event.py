"""The authentication event that tokens speak of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from authsvc.assurance.levels import Level


@dataclass(frozen=True)
class Event:
    """An authentication as tokens speak of it: the level reached, how, under which policy, and when.

    `face` is the claim of that name, None where no face counts.
    """

    level: Level
    amr: tuple[str, ...]
    at: datetime
    policy: str = ""
    face: Mapping[str, str] | None = None
