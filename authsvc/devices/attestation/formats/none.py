"""`none` (WebAuthn Level 3 section 8.7): nothing is said of the authenticator."""

from fido2.webauthn import AttestationObject


def proves(made: AttestationObject, client_data_hash: bytes) -> bool:
    """Return False: such a passkey is as good as any other, and no authenticator vouches for its key."""
    return False
