"""Model D: the phone's own unlock says who it is, and a worker looks for a living person; nothing is kept.

The passkey's user verification is the local match, and may have been a PIN: no match is claimed of it. The
frames come without a share and without a reference, and there is none to compare them with.
"""

from typing import Final

from authsvc.core.stages import Plan
from authsvc.devices.models import Device
from authsvc.protection.base import PRESENCE, Compared, Features, Kept, Protection, Share
from authsvc.subjects.models import Subject
from authsvc.vault.opening import CannotOpenReference

_NOTHING: Final = "nothing is kept by this model"


class LocalMatch:
    """Liveness without a comparison: whatever keeps or opens a reference is refused."""

    letter = "D"
    verify = PRESENCE
    enrol: Plan = ()
    renew: Plan = ()
    bind: Plan = ()

    def requests(self, device: Device) -> str | None:
        """Ask for no share."""
        return None

    def protect(
        self, made: Features, *, subject: Subject, device: Device, share: Share, consent: str
    ) -> Kept:
        """Keep nothing; raises CannotOpenReference."""
        raise CannotOpenReference(_NOTHING)

    def add(self, made: Features, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Keep nothing; raises CannotOpenReference."""
        raise CannotOpenReference(_NOTHING)

    def open(self, *, subject: Subject, device: Device, share: Share) -> tuple[bytes, ...]:
        """Open nothing; raises CannotOpenReference."""
        raise CannotOpenReference(_NOTHING)

    def admit(self, new: Device, new_share: Share, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Let nothing be opened; raises CannotOpenReference."""
        raise CannotOpenReference(_NOTHING)

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Name the model; there is no share, and nothing was compared."""
        return Compared(self.letter, None)


PROTECTION: Final[Protection] = LocalMatch()
