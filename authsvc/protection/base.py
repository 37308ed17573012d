"""What every application model answers: what is kept, what is asked for, how it opens, which stages run, and
what evidence results.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from authsvc.core.stages import ENROL, RENEW, VERIFY, Plan, Stage
from authsvc.devices.models import Device
from authsvc.subjects.models import Subject
from authsvc.vault import opening
from authsvc.vault.ageing import moments_of

PRESENCE: Final[Plan] = (
    Stage.DECODE,
    Stage.TRACKING,
    Stage.QUALITY,
    Stage.DESCRIPTION,  # PAD asks whether it is one face throughout; nothing leaves the run
    Stage.PAD,
    Stage.IAD,
)
"""A living person before a real camera, compared with nobody."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a device adds to have a reference opened: 32 bytes, and their kind, "prf" or "browser".

    Both are empty where the model takes no share. `bundles` is what a device sends along that keeps the
    reference itself (vault/bundles.py).
    """

    value: bytes = field(repr=False)
    kind: str
    bundles: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Features:
    """What an enrolment's stages have made: a serialised template, its engine, and its quality, 0 to 100."""

    template: bytes = field(repr=False)
    engine: str
    quality: int


@dataclass(frozen=True, slots=True)
class Kept:
    """Under which pseudonym and version a reference is kept, and as which moment of it, "" for the first.

    `bundles` is all that the device has to keep of the reference from now on; none where it keeps nothing.
    """

    pseudonym: str
    version: int
    moment: str = ""
    bundles: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison adds to the evidence of a face: by which model, and with which kind of share."""

    model: str
    share_kind: str | None


class Protection(Protocol):
    """One application model, by its letter.

    `verify`, `enrol`, `renew` and `bind` are its plans: the stages that a sign-in, an enrolment, a renewal
    and the binding of a second passkey run through; all but the first are empty where nothing is kept.
    Everything here is for workers only, with the tenant in scope. CannotOpenReference (vault/opening.py) is
    raised where a reference does not open, or cannot be kept with what the device gave.
    """

    letter: str
    verify: Plan
    enrol: Plan
    renew: Plan
    bind: Plan

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

    def admit(self, new: Device, new_share: Share, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Let another device of the person have the reference opened, by way of one that can.

        Return the reference, with the bundles that the other device has to keep.
        """

    def evidence(self, *, share_kind: str | None) -> Compared:
        """Return what a comparison by this model adds to the evidence of a face."""


class InVault:
    """What the models have in common that keep references in the vault.

    `opener` says for whom a key is made beside the server.
    """

    letter: str
    verify: Plan = VERIFY
    enrol: Plan = ENROL
    renew: Plan = RENEW
    bind: Plan = VERIFY

    def opener(self, device: Device) -> str:
        """Return the device for which a reference is sealed, as the vault names it."""
        raise NotImplementedError

    def protect(
        self, made: Features, *, subject: Subject, device: Device, share: Share, consent: str
    ) -> Kept:
        """Seal the template; the reference of before stays until the enrolment is finished."""
        row = opening.create_reference(
            model=self.letter,
            template=made.template,
            engine=made.engine,
            quality=made.quality,
            consent=consent,
            device=self.opener(device),
            device_share=share.value,
            share_kind=share.kind,
            version=subject.reference_version + 1,
        )
        return Kept(row.pseudonym, row.version)

    def add(self, made: Features, *, subject: Subject, device: Device, share: Share) -> Kept:
        """Seal the template under the reference's own data key: whatever opens it opens this too."""
        row = opening.add_moment(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=self.opener(device),
            device_share=share.value,
            template=made.template,
            quality=made.quality,
        )
        return Kept(subject.reference, subject.reference_version, row.id)

    def open(self, *, subject: Subject, device: Device, share: Share) -> tuple[bytes, ...]:
        """Open every moment of the reference that counts."""
        opened = opening.open_reference(
            pseudonym=subject.reference,
            version=subject.reference_version,
            device=self.opener(device),
            device_share=share.value,
            moments=[each.id for each in moments_of(subject)],
        )
        return opened.templates


class InVaultWithShare(InVault):
    """What the models have in common whose references open with a share of the device's own alone."""

    def opener(self, device: Device) -> str:
        """Return the device itself: no other opens what is sealed for it."""
        return device.id

    def admit(self, new: Device, new_share: Share, *, subject: Subject, device: Device, share: Share) -> Kept:
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
        return Kept(subject.reference, subject.reference_version)
