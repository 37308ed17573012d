"""Model G: the reference lies with the server, and opens only with the share that the passkey gives."""

from typing import Final

from authsvc.devices.models import Device
from authsvc.protection.base import Compared, InVaultWithShare, Protection


class SplitSecret(InVaultWithShare):
    """References in the vault, each under a key that the device's and the server's share make together."""

    letter = "G"

    def requests(self, device: Device) -> str | None:
        """Return the kind of share that the reference was sealed with for this device."""
        return device.share_kind

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Name the model and the kind of share: a level depends on both."""
        return Compared(self.letter, share_kind)


PROTECTION: Final[Protection] = SplitSecret()
