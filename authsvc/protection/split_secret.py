"""Model G: the reference lies with the server, and opens only with the share that the passkey gives."""

from typing import Final

from authsvc.core.stages import ENROL, RENEW, VERIFY
from authsvc.devices.models import Device
from authsvc.protection.base import Compared, Features, Kept, Protection, Share
from authsvc.subjects.models import Subject
from authsvc.vault import opening
from authsvc.vault.ageing import moments_of


class SplitSecret:
    """References in the vault, each under a key that the device's and the server's share make together."""

    letter = "G"
    verify = VERIFY
    enrol = ENROL
    renew = RENEW

    def requests(self, device: Device) -> str | None:
        """Return the kind of share that the reference was sealed with for this device."""
        return device.share_kind

    def protect(
        self, made: Features, *, subject: Subject, device: Device, share: Share, consent: str
    ) -> Kept:
        """Seal the template for one device; the reference of before stays until the enrolment is finished."""
        row = opening.create_reference(
            model=self.letter,
            template=made.template,
            engine=made.engine,
            quality=made.quality,
            consent=consent,
            device=device.id,
            device_share=share.value,
            share_kind=share.kind,
            version=subject.reference_version + 1,
        )
        return Kept(row.pseudonym, row.version)

    def add(self, made: Features, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Seal the template under the reference's own data key: every device that opens it opens this too."""
        row = opening.add_moment(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=device.id,
            device_share=share.value,
            template=made.template,
            quality=made.quality,
        )
        return Kept(subject.reference, subject.reference_version, row.id)

    def open(self, *, subject: Subject, device: Device, share: Share) -> tuple[bytes, ...]:
        """Open every moment of the reference that counts, with both shares."""
        opened = opening.open_reference(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=device.id,
            device_share=share.value,
            moments=[each.id for each in moments_of(subject)],
        )
        return opened.templates

    def admit(self, new: Device, new_share: Share, *, subject: Subject, device: Device, share: Share) -> None:
        """Wrap the reference's key for the new device too."""
        opening.wrap_for_device(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=device.id,
            device_share=share.value,
            new_device=new.id,
            new_share=new_share.value,
            new_share_kind=new_share.kind,
        )

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Name the model and the kind of share: a level depends on both."""
        return Compared(self.letter, share_kind)


PROTECTION: Final[Protection] = SplitSecret()
