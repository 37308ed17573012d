"""Whether a new passkey counts as attested."""

from fido2.webauthn import AttestationObject

from authsvc.devices.attestation.formats import FORMATS


def is_attested(made: AttestationObject, client_data_hash: bytes) -> bool:
    """Tell whether the statement that came with a passkey proves its authenticator.

    One of a format that is not in the list proves nothing: the passkey is taken, and counts as
    unattested.
    """
    known = FORMATS.get(made.fmt)
    return known is not None and known(made, client_data_hash)
