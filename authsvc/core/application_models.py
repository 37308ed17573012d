"""The application models of ISO/IEC 24745: where a reference lies, and where it is compared; a row a model.

Everything reads this table: policy says which models a tenant may use, assurance what a comparison is worth.
What a model does lies in authsvc/protection/, in the module of the row's name; nothing else tells them apart.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Place(StrEnum):
    """Where a reference is kept, or compared."""

    SERVER = "server"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class ApplicationModel:
    """One model: its letter in the standard, and the name of its module in authsvc/protection/.

    `shares` are the kinds of share of which a device must give one before the reference opens; none where the
    server opens it alone. `earns` is the number of the highest level that a comparison of this model may
    carry (docs/architecture.md). `default` says that a tenant without a policy of its own uses it.
    """

    letter: str
    name: str
    stored: Place
    compared: Place
    shares: tuple[str, ...]
    earns: int
    default: bool


APPLICATION_MODELS: Final = (
    # letter, name, stored, compared, shares, earns, default
    ApplicationModel("G", "split_secret", Place.SERVER, Place.SERVER, ("prf", "browser"), 3, True),
)


def application_model(letter: str | None) -> ApplicationModel | None:
    """Return the row of a letter, or None where no model has it."""
    return next((row for row in APPLICATION_MODELS if row.letter == letter), None)
