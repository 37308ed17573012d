"""Who performs an act."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID


@dataclass(frozen=True)
class Member:
    """A user of the portal; the role is looked up in the tenant in scope when an act is performed."""

    user_id: UUID
    name: str


@dataclass(frozen=True)
class Person:
    """Somebody at their own page, who may do to what is theirs what permissions.OWN lists.

    `proven_at` is when they last used a passkey for it.
    """

    subject_id: UUID
    proven_at: datetime

    @property
    def name(self) -> str:
        """What the audit log calls them: by their id, as everywhere in it."""
        return f"person {self.subject_id}"


@dataclass(frozen=True)
class System:
    """The installation itself, which may do everything: for commands only, as no request may act as it."""

    name: str


Actor = Member | Person | System
COMMAND_LINE: Final = System("command line")
