"""The application models of ISO/IEC 24745: where a reference lies, and where it is compared; a row a model.

Everything reads this table: policy says which models a tenant may use, assurance what a comparison is worth.
What a model does lies in authsvc/protection/, in the module of the row's name; nothing else tells them apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Place(StrEnum):
    """Where a reference is kept, or compared."""

    SERVER = "server"
    PHONE = "phone"
    NOWHERE = "nowhere"


class Flow(StrEnum):
    """What passes between an agent and a worker in one capture, sealed by one to the other."""

    FRAMES = "frames"
    SHARE = "share"
    REFERENCE = "reference"
    RESULT = "result"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True)
class Crossing:
    """What an agent may send up to a worker, and a worker down to an agent; what is not here is refused."""

    up: tuple[Flow, ...]
    down: tuple[Flow, ...]


FRAMES_ALONE: Final = Crossing((Flow.FRAMES,), (Flow.VERDICT,))
WITH_SHARE: Final = Crossing((Flow.FRAMES, Flow.SHARE), (Flow.VERDICT,))
REFERENCE_TOO: Final = Crossing((Flow.FRAMES, Flow.SHARE, Flow.REFERENCE), (Flow.VERDICT, Flow.REFERENCE))
RESULT_TOO: Final = Crossing((Flow.FRAMES, Flow.SHARE, Flow.RESULT), (Flow.VERDICT, Flow.REFERENCE))


@dataclass(frozen=True, slots=True)
class ApplicationModel:
    """One model: its letter in the standard, and the name of its module in authsvc/protection/.

    `crossing` is what passes between phone and server (S6.3-01). `shares` are the kinds of share of which a
    device must give one before the reference opens; none where the server opens it alone. `earns` is the
    number of the highest level that a comparison of this model may carry (docs/architecture.md), 0 where
    there is none. `default` says that a tenant without a policy of its own uses it; `agreed`, that a tenant
    may choose it with a justification and a second administrator's agreement alone; `sandbox`, that no
    organisation with real people in it may.

    `compared` is where a sign-in's face is. What is added to a reference, and which passkey comes to open it,
    a worker always compares itself.
    """

    letter: str
    name: str
    stored: Place
    compared: Place
    crossing: Crossing
    shares: tuple[str, ...]
    earns: int
    default: bool
    agreed: bool = False
    sandbox: bool = False

    @property
    def keeps(self) -> bool:
        """Whether a reference is kept anywhere; where none is, there is nothing to enrol, renew or erase."""
        return self.stored is not Place.NOWHERE

    @property
    def compares(self) -> bool:
        """Whether a face is compared anywhere; if not, a capture shows a living person, and not who."""
        return self.compared is not Place.NOWHERE

    @property
    def sends_to_phone(self) -> bool:
        """Whether a sign-in sends the reference to the phone, which compares it and says what it found."""
        return self.compared is Place.PHONE


_EITHER: Final = ("prf", "browser")

APPLICATION_MODELS: Final = (
    # letter, name, stored, compared, crossing, shares, earns, default, agreed, sandbox
    ApplicationModel("G", "split_secret", Place.SERVER, Place.SERVER, WITH_SHARE, _EITHER, 3, True),
    ApplicationModel("A", "central", Place.SERVER, Place.SERVER, FRAMES_ALONE, (), 3, False, True),
    ApplicationModel("B", "phone_kept", Place.PHONE, Place.SERVER, REFERENCE_TOO, _EITHER, 3, False),
    ApplicationModel(
        "C", "sent_to_phone", Place.SERVER, Place.PHONE, RESULT_TOO, ("prf",), 3, False, True, True
    ),
    ApplicationModel("D", "local_match", Place.NOWHERE, Place.NOWHERE, FRAMES_ALONE, (), 0, False),
)

REFUSED: Final[Mapping[str, str]] = {
    "E": "faces are compared on the phone with what lies there, and a server can vouch for nothing of it",
    "F": "faces are compared on a card with what lies there, which takes a card and its reader",
    "H": "references lie on a card, which takes one and its reader, and a browser has neither",
    "I": "whoever writes the page's part reads the reference from the worker's answers, and a wrong face "
    "passes where its features are multiplied (docs/adr/0470)",
}
"""The standard's other models: why no policy can name them."""


def application_model(letter: str | None) -> ApplicationModel | None:
    """Return the row of a letter, or None where no model has it."""
    return next((row for row in APPLICATION_MODELS if row.letter == letter), None)
