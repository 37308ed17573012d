"""What every application model answers: what is kept, what is asked for, how it opens, which stages run, and
what evidence results.
"""

from dataclasses import dataclass, field
from typing import Protocol

from authsvc.core.stages import Plan
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject


@dataclass(frozen=True, slots=True)
class Share:
    """What a device adds to have a reference opened: 32 bytes, and their kind, "prf" or "browser"."""

    value: bytes = field(repr=False)
    kind: str


@dataclass(frozen=True, slots=True)
class Features:
    """What an enrolment's stages have made: a serialised template, its engine, and its quality, 0 to 100."""

    template: bytes = field(repr=False)
    engine: str
    quality: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Under which pseudonym and version a reference is kept, and as which moment of it, "" for the first."""

    pseudonym: str
    version: int
    moment: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison adds to the evidence of a face: by which model, and with which kind of share."""

    model: str
    share_kind: str | None


class Protection(Protocol):
    """One application model, by its letter.

    `verify`, `enrol` and `renew` are its plans: the stages that a sign-in, an enrolment and a renewal run
    through. Everything here is for workers only, with the tenant in scope. CannotOpenReference
    (vault/opening.py) is raised where a reference does not open, or cannot be kept with what the device gave.
    """

    letter: str
    verify: Plan
    enrol: Plan
    renew: Plan

    def requests(self, device: Device) -> str | None:
        """Return the kind of share that this device's agent must send, or None where none is needed."""

    def protect(
        self, made: Features, *, subject: Subject, device: Device, share: Share, consent: str
    ) -> Kept:
        """Keep what an enrolment made; it is not the person's before the enrolment is finished."""

    def add(self, made: Features, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Keep what a renewal made beside the reference; it counts once the renewal is finished."""

    def open(self, *, subject: Subject, device: Device, share: Share) -> tuple[bytes, ...]:
        """Return the serialised template of each of the person's moments, the oldest first."""

    def admit(self, new: Device, new_share: Share, *, subject: Subject, device: Device, share: Share) -> None:
        """Let another device of the person have the reference opened, by way of one that can."""

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Return what a comparison by this model adds to the evidence of a face."""
