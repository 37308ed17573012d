"""What a transaction keeps as JSON, and what a worker signs; evidence is in `assurance/evidence.py`.

The JSON is that of the releases before, which may run beside this one. A row is read with fields that it
does not know left alone; a signed verdict is read exactly.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, Protocol

from authsvc.assurance.evidence import FaceProof
from authsvc.core.components import Component
from authsvc.core.records import read_exactly, read_stored

Outcome = Literal["accepted", "refused", "again"]
CeremonyKind = Literal["create", "get", "near"]
HandoffState = Literal["near", "shown", "met", "taken", "wrong", "denied"]


class Requested(Protocol):
    """What a transaction is opened for; whoever opens it owns the record, and reads it back."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        ...


@dataclass(frozen=True)
class EnrolmentRequest:
    """An enrolment: the id of its link, and what the person agreed to.

    That is `face`, of which something is kept, or `presence`, for which the enrolment has no capture and
    keeps nothing; or neither.
    """

    link: str
    face: bool
    presence: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON; `presence` where it is so, as the releases before read it."""
        return asdict(self) if self.presence else {"link": self.link, "face": self.face}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "EnrolmentRequest":
        """Return the request of an enrolment's row; raises NotARecord."""
        return read_stored(cls, value)


@dataclass(frozen=True)
class RecoveryRequest:
    """A recovery: whether the person's other passkeys, which they lost, are revoked with it."""

    revoke: bool

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "RecoveryRequest":
        """Return the request of a recovery's row; raises NotARecord."""
        return read_stored(cls, value)


@dataclass(frozen=True)
class LivenessRequest:
    """A session of liveness (W5): the RFC 7638 thumbprint of the key whose holder is filmed, base64url.

    `sandbox` says how a developer lets it end without a camera, in a sandbox tenant; "" lets a camera decide.
    """

    jkt: str
    sandbox: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LivenessRequest":
        """Return the request of a session's row; raises NotARecord."""
        return read_stored(cls, value)


@dataclass(frozen=True)
class SignInRequest:
    """Of a sign-in's request, what the page and the portal show; the whole is the provider's.

    `essential_acr` is None where the request leaves it open; `max_age` is in seconds. `backchannel` is the id
    of the request that the sign-in approves, with its `binding_message` (CIBA Core 1.0). `face` says that the
    request demands one, `presence` a living person before a camera. A sign-in that no relying party asked for
    has none of it.
    """

    redirect_uri: str = ""
    scope: list[str] = field(default_factory=list)
    max_age: int | None = None
    acr_values: list[str] = field(default_factory=list)
    essential_acr: list[str] | None = None
    face: bool = False
    presence: bool = False
    backchannel: str = ""
    binding_message: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "SignInRequest":
        """Return what a row says; raises NotARecord."""
        return read_stored(cls, value)


@dataclass(frozen=True)
class Ceremony:
    """An open WebAuthn ceremony, and what its answer must match: it makes a passkey, or proves one.

    "near" is one at the device that began, which shows that the holder of the passkey is before it (W2).
    `receiving_key` is the device's own public key that the challenge covers, where it named one.
    """

    ceremony: CeremonyKind
    challenge: str
    user_verification: str
    receiving_key: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON; without a receiving key as the releases before write it."""
        said = asdict(self)
        if self.receiving_key is None:
            del said["receiving_key"]
        return said

    @property
    def state(self) -> dict[str, str]:
        """What the WebAuthn library wants back."""
        return {"challenge": self.challenge, "user_verification": self.user_verification}


@dataclass(frozen=True)
class Handoff:
    """A transaction on its way from the device that began it to a second one, which is to be the agent (W2).

    It is `near` where a passkey was used at the first device, over hybrid transport, and nothing is shown
    yet; `shown` as a link, then `met` by one device, whose holder said that the other screen is before them.
    In the end it is `taken` by the right number, `wrong` by any other, or `denied` where the holder of the
    link has no such screen. `link` is the SHA-256 of the link's secret, `met_by` that of the key of the
    device that met it; `number` is what the first device shows, of `digits` digits, while it is met.
    `passkey` is the device whose passkey was used, "" where none was, and `needed` says that no other may
    prove the transaction.
    """

    state: HandoffState
    link: str
    digits: int
    number: str = ""
    met_by: str = ""
    passkey: str = ""
    needed: bool = False

    @property
    def is_over(self) -> bool:
        """Whether no device can take the transaction over any more, or one did."""
        return self.state in {"taken", "wrong", "denied"}

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Handoff":
        """Return the record that a row holds; raises NotARecord."""
        return read_stored(cls, value)


@dataclass(frozen=True)
class Bound:
    """The id of the device that a binding made."""

    bound: str

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class NewReference:
    """The reference that an enrolment made: under which pseudonym, and in which version.

    Of a renewal it is the person's own, and `moment` the id of what was added to it. Of a release it is what
    was sent, and `engine` what it was sent to, to be compared by.
    """

    pseudonym: str
    version: int
    share_kind: str
    moment: str = ""
    engine: str = ""


@dataclass(frozen=True)
class Findings:
    """What the audit log learns of how a sample was judged (S9.4-11); no score (S7-02).

    `stages` is the band of each stage, which for a comparison is its named operating point; `engine`,
    `policy` and `record` are what judged it: the models, the policy's digest, the evaluation record. `camera`
    is of which kind the camera was, as the agent said; its name is not kept. `components` are the declared
    parts of the installation that the worker is and used.
    """

    stages: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""
    policy: str = ""
    record: str | None = None
    camera: str = ""
    components: tuple[Component, ...] = ()

    def told(self) -> dict[str, Any]:
        """Return what an event says of it: what there is."""
        return {name: value for name, value in asdict(self).items() if value}


NO_FINDINGS: Final = Findings()
"""Of a sample that nobody judged: it did not open, or no verdict came in time."""


@dataclass(frozen=True)
class Verdict:
    """What a worker says of one sample, and of which: tenant, transaction, capture, SHA-256 of the sample.

    `hint` helps a person who is asked again. `face` is there where a face was accepted, `reference`
    where an enrolment made one, or a renewal added to one.
    """

    tenant: str
    transaction: str
    capture: str
    sample: str
    outcome: Outcome
    reason: str
    hint: str | None
    face: FaceProof | None
    reference: NewReference | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the claims to sign."""
        claims = asdict(self) | {"face": self.face.to_json() if self.face else None}
        if self.reference is None:
            del claims["reference"]
        else:
            # As the releases before say and read it.
            for name in ("moment", "engine"):
                if not claims["reference"][name]:
                    del claims["reference"][name]
        return claims

    @classmethod
    def from_text(cls, text: bytes) -> "Verdict":
        """Return the verdict that a signed payload is; raises NotARecord for a claim too many or too few."""
        return read_exactly(cls, text)
