"""What a transaction records as proven, in the form in which it is stored; pure.

The JSON that these records write is that of the releases before: one that still runs beside this reads it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from authsvc.core.records import read_stored


@dataclass(frozen=True)
class PasskeyProof:
    """The passkey that signed: its device's id, "hwk" or "swk", and what is known of both.

    `share_kind` is "prf", "browser", or "" before the first capture. `recovered` says that a recovery code
    opened its making.
    """

    device: str
    kind: str
    user_verified: bool
    attested: bool
    share_kind: str
    recovered: bool = False


@dataclass(frozen=True)
class Agent:
    """The program before the person, as it describes itself: "browser" or "simulator", and its build."""

    type: str
    build: str


@dataclass(frozen=True)
class FaceProof:
    """What the worker signed of an accepted face; no score is among it (S7-02).

    `capture` is the capture's id. `engine`, `record`, `policy` and `operating_point` say what judged it:
    the models, the evaluation record (None where none fits), the policy's digest, and the false match
    rate. `model` is the application model of the reference.
    """

    capture: str
    pad: str
    iad: str
    engine: str
    record: str | None
    policy: str
    operating_point: str
    model: str
    share_kind: str | None


@dataclass(frozen=True)
class Proven:
    """Everything that a transaction has proven so far; `at` is when its passkey was (ISO 8601)."""

    passkey: PasskeyProof | None = None
    agent: Agent | None = None
    face: FaceProof | None = None
    at: str = ""

    @property
    def policy(self) -> str:
        """The digest of the policy that the face was judged by; "" without a face."""
        return self.face.policy if self.face else ""

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON; what is not recovered is not said, as in the releases before."""
        stored = asdict(self)
        if self.passkey is not None and not self.passkey.recovered:
            del stored["passkey"]["recovered"]
        return stored

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Proven":
        """Return the record that a row holds, {} where nothing is proven yet; raises NotARecord."""
        return read_stored(cls, value)
