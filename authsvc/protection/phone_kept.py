"""Model B: the reference lies with the phone, and opens only with its share and the server's, in a worker."""

from typing import Final

from authsvc.core.stages import ENROL, RENEW, VERIFY
from authsvc.devices.models import Device
from authsvc.protection.base import Compared, Features, Kept, Protection, Share
from authsvc.subjects.models import Subject
from authsvc.vault import bundles
from authsvc.vault.ageing import moments_of


class PhoneKept:
    """References that the phone keeps as bundles; the server has a share, a version and digests."""

    letter = "B"
    verify = VERIFY
    enrol = ENROL
    renew = RENEW
    bind = VERIFY

    def requests(self, device: Device) -> str | None:
        """Return the kind of share that the reference was sealed with for this device."""
        return device.share_kind

    def protect(
        self, made: Features, *, subject: Subject, device: Device, share: Share, consent: str
    ) -> Kept:
        """Seal the template for one device, which is to keep it; nothing of it stays here."""
        row, bundle = bundles.create_reference(
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
        return Kept(row.pseudonym, row.version, bundles=(bundle,))

    def add(self, made: Features, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Seal the template for the device that keeps the others: another device does not get this one."""
        row, bundle = bundles.add_moment(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=device.id,
            device_share=share.value,
            template=made.template,
            quality=made.quality,
        )
        counting = bundles.counting(
            pseudonym=subject.reference, device=device.id, bundles=share.bundles, moments=_moments(subject)
        )
        return Kept(subject.reference, subject.reference_version, row.id, (*counting, bundle))

    def open(self, *, subject: Subject, device: Device, share: Share) -> tuple[bytes, ...]:
        """Open every bundle of a moment that counts and that the device keeps."""
        return tuple(self._opened(subject, device, share).values())

    def admit(self, new: Device, new_share: Share, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Seal what the device sent for the new device, which is to keep it."""
        made = bundles.seal_for_device(
            pseudonym=subject.reference,
            version=subject.reference_version,
            templates=self._opened(subject, device, share),
            new_device=new.id,
            new_share=new_share.value,
            new_share_kind=new_share.kind,
        )
        return Kept(subject.reference, subject.reference_version, bundles=made)

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Name the model and the kind of share: a level depends on both."""
        return Compared(self.letter, share_kind)

    def _opened(self, subject: Subject, device: Device, share: Share) -> dict[str, bytes]:
        return bundles.open_bundles(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=device.id,
            device_share=share.value,
            bundles=share.bundles,
            moments=_moments(subject),
        )


def _moments(subject: Subject) -> list[str]:
    return [each.id for each in moments_of(subject)]


PROTECTION: Final[Protection] = PhoneKept()
