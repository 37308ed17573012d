"""Model A: the reference lies with the server, which opens it alone; no phone's share is part of it."""

from typing import Final

from authsvc.devices.models import Device
from authsvc.protection.base import Compared, InVault, Kept, Protection, Share
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import NO_DEVICE


class Central(InVault):
    """References in the vault, each under a key that the server's share alone makes."""

    letter = "A"

    def opener(self, device: Device) -> str:
        """Return no device: whichever of the person's asks, the server opens the reference."""
        return NO_DEVICE

    def requests(self, device: Device) -> str | None:
        """Ask for no share."""
        return None

    def admit(self, new: Device, new_share: Share, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Do nothing: the server opens the reference for the new device as for the others."""
        return Kept(subject.reference, subject.reference_version)

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Name the model; there is no share."""
        return Compared(self.letter, None)


PROTECTION: Final[Protection] = Central()
