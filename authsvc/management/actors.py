"""Who performs an act."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID


@dataclass(frozen=True)
class Member:
    """A user of the portal; the role is looked up in the tenant in scope when an act is performed.

    `proven_at` is when their session last used a passkey or a second factor, None where it never did.
    """

    user_id: UUID
    name: str
    proven_at: datetime | None = None


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


@dataclass(frozen=True)
class Operator:
    """Who runs the installation, as its settings say (VISOR_OPERATORS); the portal alone makes them one.

    They may do what permissions.PLATFORM lists, in no tenant. `proven_at` is as with a member.
    """

    user_id: UUID
    name: str
    proven_at: datetime | None = None


@dataclass(frozen=True)
class Agreed:
    """Two who are at one: who asked for an act, and who agreed to it. approvals.py alone makes them one.

    The same one twice where the tenant has nobody else, and the act waited in sight of the team.
    """

    asked: Member
    agreed: "Actor"

    @property
    def name(self) -> str:
        """What the audit log calls them: by who asked; who agreed stands in the approval's own event."""
        return self.asked.name


Actor = Member | Person | Operator | System | Agreed
COMMAND_LINE: Final = System("command line")
