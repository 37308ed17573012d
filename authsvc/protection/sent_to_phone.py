"""Model C: the reference lies with the server, as in model G, and a sign-in sends it to the phone to compare.

A worker opens it with the phone's share and seals it anew, to the phone's receiving key and for one attempt.
What the phone then says is worth as much as what vouches for the phone. So nothing is added to a reference,
and no passkey let in, on its word: there a worker compares.
"""

from typing import Final

from authsvc.devices.models import Device
from authsvc.protection.base import PRESENCE, Compared, Features, InVaultWithShare, Kept, Protection, Share
from authsvc.subjects.models import Subject
from authsvc.vault.opening import CannotOpenReference

_SHARE: Final = "prf"


class SentToPhone(InVaultWithShare):
    """References in the vault, each opened with a share that the passkey itself released, and no other."""

    letter = "C"
    verify = PRESENCE

    def requests(self, device: Device) -> str | None:
        """Ask for a share that the passkey released, whichever the device's is."""
        return _SHARE

    def protect(
        self, made: Features, *, subject: Subject, device: Device, share: Share, consent: str
    ) -> Kept:
        """Seal the template; raises CannotOpenReference where a browser made the share up."""
        if share.kind != _SHARE:
            raise CannotOpenReference("the share is not one that the passkey released")
        return super().protect(made, subject=subject, device=device, share=share, consent=consent)

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Name the model, and the only kind of share that opens its references."""
        return Compared(self.letter, _SHARE)


PROTECTION: Final[Protection] = SentToPhone()
