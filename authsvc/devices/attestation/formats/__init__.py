"""The attestation statement formats that are understood (WebAuthn Level 3 section 8), a file a format."""

from collections.abc import Callable, Mapping

from fido2.webauthn import AttestationObject

from authsvc.devices.attestation.formats import none

Format = Callable[[AttestationObject, bytes], bool]
"""Tells whether a statement proves its authenticator, by the SHA-256 of the client data it was made over."""

FORMATS: Mapping[str, Format] = {
    "none": none.proves,
}
