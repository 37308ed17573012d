"""The attestation statement formats that are understood (WebAuthn Level 3 section 8), a file a format.

A row names the format and its module in this folder, which has `proves`.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from fido2.webauthn import AttestationObject

Format = Callable[[AttestationObject, bytes], bool]
"""Tells whether a statement proves its authenticator, by the SHA-256 of the client data it was made over."""

LISTED: Mapping[str, str] = {
    "none": "none",
}

_SAYS_NOTHING = "none"

FORMATS: Mapping[str, Format] = {
    name: import_module(f"{__name__}.{module}").proves for name, module in LISTED.items()
}


def proving() -> list[str]:
    """Return the formats by which an authenticator can be proven at all."""
    return [name for name in FORMATS if name != _SAYS_NOTHING]
