"""What a transaction records as proven, in the form in which it is stored; pure.

The JSON that these records write is that of the releases before: one that still runs beside this reads it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from authsvc.core.components import EVERY_TIME, KINDS, Component
from authsvc.core.records import read_stored

NUMBER: Final = "number"
"""How a sign-in came from one device to another: its person typed there what the first one showed."""

HYBRID: Final = "hybrid"
"""The same, and the first device heard, over hybrid transport, from the very passkey that proved it after."""


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
    """The program before the person, as it describes itself: "browser" or "simulator", and its build.

    `attested` is the name of the format by which something else vouches for its keys, "" where nothing does.
    """

    type: str
    build: str
    attested: str = ""

    @property
    def is_native(self) -> bool:
        """Whether it is a program of its own: nothing vouches for what a page in a browser is."""
        return bool(self.attested)

    @property
    def is_page(self) -> bool:
        """Whether it says that it is a page in a browser, and nothing vouches for more."""
        return self.type == "browser" and not self.is_native

    def to_json(self) -> dict[str, str]:
        """Return it as JSON; where nothing vouches for it, nothing is said of that, as before."""
        said = {"type": self.type, "build": self.build}
        return said | {"attested": self.attested} if self.attested else said


@dataclass(frozen=True)
class FaceProof:
    """What the worker signed of an accepted face, compared or not; no score is among it (S7-02).

    `capture` is the capture's id. `engine`, `record`, `policy` and `operating_point` say what judged it:
    the models, the evaluation record (None where none fits), the policy's digest, and the false match
    rate. `model` is the application model by which it was judged: it says whether a face was compared, and
    `device_engine` what compared it on the phone, "" where a worker did.
    `components` are the declared parts of the installation that the worker is and used. `chain` is the end of
    the frames' hash chain, base64url, where a relying party is told of it (W5), else "".
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
    components: tuple[Component, ...] = ()
    chain: str = ""
    device_engine: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON; where nothing is declared, nothing is said of it, as before."""
        stored = asdict(self)
        if not self.components:
            del stored["components"]
        if not self.chain:
            del stored["chain"]
        if not self.device_engine:
            del stored["device_engine"]
        return stored


@dataclass(frozen=True)
class Proven:
    """Everything that a transaction has proven so far; `at` is when its passkey was (ISO 8601).

    `handoff` is "number" or "hybrid" where another device than the one that began it proved it, "" where the
    same did. `components` are the declared parts of the installation that it touched on its way, but for the
    worker's.
    """

    passkey: PasskeyProof | None = None
    agent: Agent | None = None
    face: FaceProof | None = None
    at: str = ""
    handoff: str = ""
    components: tuple[Component, ...] = ()

    @property
    def touched(self) -> tuple[Component, ...]:
        """The parts of the installation that the result rests on; what nobody declared is among them too."""
        face = self.face.components if self.face else ()
        found = {*self.components, *face}
        needed = (*EVERY_TIME, *(("worker",) if self.face else ()))
        declared = {each.kind for each in found}
        found |= {Component(kind) for kind in needed if kind not in declared}
        return tuple(sorted(found, key=lambda each: (KINDS.index(each.kind), each.name, each.region)))

    @property
    def policy(self) -> str:
        """The digest of the policy that the face was judged by; "" without a face."""
        return self.face.policy if self.face else ""

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON; what is no more than before is not said to be, as before."""
        stored = asdict(self) | {"face": self.face.to_json() if self.face else None}
        if not self.components:
            del stored["components"]
        if not self.handoff:
            del stored["handoff"]
        if self.passkey is not None and not self.passkey.recovered:
            del stored["passkey"]["recovered"]
        if self.agent is not None:
            stored["agent"] = self.agent.to_json()
        return stored

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Proven":
        """Return the record that a row holds, {} where nothing is proven yet; raises NotARecord."""
        return read_stored(cls, value)
