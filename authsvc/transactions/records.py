"""What a transaction keeps as JSON, and what a worker signs; evidence is in `assurance/evidence.py`.

The JSON is that of the releases before, which may run beside this one. A row is read with fields that it
does not know left alone; a signed verdict is read exactly.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, Protocol

from authsvc.assurance.evidence import FaceProof
from authsvc.core.records import read_exactly, read_stored

Outcome = Literal["accepted", "refused", "again"]
CeremonyKind = Literal["create", "get"]


class Requested(Protocol):
    """What a transaction is opened for; whoever opens it owns the record, and reads it back."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        ...


@dataclass(frozen=True)
class EnrolmentRequest:
    """An enrolment: the id of its link, and whether the person agreed to the face."""

    link: str
    face: bool

    def to_json(self) -> dict[str, Any]:
        """Return the request as JSON."""
        return asdict(self)

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
class SignInRequest:
    """Of a sign-in's request, what the page and the portal show; the whole is the provider's.

    `essential_acr` is None where the request leaves it open; `max_age` is in seconds. `backchannel` is the id
    of the request that the sign-in approves, with its `binding_message` (CIBA Core 1.0). `face` says that the
    request demands one. A sign-in that no relying party asked for has none of it.
    """

    redirect_uri: str = ""
    scope: list[str] = field(default_factory=list)
    max_age: int | None = None
    acr_values: list[str] = field(default_factory=list)
    essential_acr: list[str] | None = None
    face: bool = False
    backchannel: str = ""
    binding_message: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "SignInRequest":
        """Return what a row says; raises NotARecord."""
        return read_stored(cls, value)


@dataclass(frozen=True)
class Ceremony:
    """An open WebAuthn ceremony, which makes a passkey or proves one, and what its answer must match."""

    ceremony: CeremonyKind
    challenge: str
    user_verification: str

    @property
    def state(self) -> dict[str, str]:
        """What the WebAuthn library wants back."""
        return {"challenge": self.challenge, "user_verification": self.user_verification}


@dataclass(frozen=True)
class Bound:
    """The id of the device that a binding made."""

    bound: str


@dataclass(frozen=True)
class NewReference:
    """The reference that an enrolment made: under which pseudonym, and in which version.

    Of a renewal it is the person's own, and `moment` the id of what was added to it.
    """

    pseudonym: str
    version: int
    share_kind: str
    moment: str = ""


@dataclass(frozen=True)
class Findings:
    """What the audit log learns of how a sample was judged (S9.4-11); no score (S7-02).

    `stages` is the band of each stage, which for a comparison is its named operating point; `engine`,
    `policy` and `record` are what judged it: the models, the policy's digest, the evaluation record.
    """

    stages: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""
    policy: str = ""
    record: str | None = None

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
        claims = asdict(self)
        if self.reference is None:
            del claims["reference"]
        elif not self.reference.moment:
            # As the releases before say and read it.
            del claims["reference"]["moment"]
        return claims

    @classmethod
    def from_text(cls, text: bytes) -> "Verdict":
        """Return the verdict that a signed payload is; raises NotARecord for a claim too many or too few."""
        return read_exactly(cls, text)
