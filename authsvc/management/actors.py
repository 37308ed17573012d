"""Who performs an act."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID


@dataclass(frozen=True)
class Member:
    """A user of the portal; the role is looked up in the tenant in scope when an act is performed."""

    user_id: UUID
    name: str


@dataclass(frozen=True)
class System:
    """The installation itself, which may do everything: for commands only, as no request may act as it."""

    name: str


Actor = Member | System
COMMAND_LINE: Final = System("command line")
