"""What one role seals for another alone to open: by HPKE (RFC 9180) to the public key of whoever receives it.

The portal is given things that only web may use, and keeps nothing that would open them. Whoever can read
public keys can seal as well: what comes out was meant for this role, and is nobody's word.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from django.conf import settings

from authsvc.core.envelope import CannotOpen
from authsvc.keys.held import accepted

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal_for(role: str, content: bytes, bound_to: bytes) -> bytes:
    """Return content sealed for a role, and for this context alone (HPKE's `info`)."""
    public = X25519PublicKey.from_public_bytes(settings.SECRETS[f"receiving_public_key_{role}"])
    return _SUITE.encrypt(content, public, info=bound_to)


def open_as(role: str, sealed: bytes, bound_to: bytes) -> bytes:
    """Return what was sealed for a role, under its key in use or one that a rotation still accepts.

    Raises CannotOpen without saying why, in a process of another role too.
    """
    for key in accepted(f"receiving_private_key_{role}"):
        try:
            return _opened(key, sealed, bound_to)
        except InvalidTag:
            continue
    raise CannotOpen("wrong key, context or content")


def sealed_anew(role: str, sealed: bytes, bound_to: bytes) -> bytes | None:
    """Return the same under the role's key in use; None where it is that already, or cannot be opened."""
    try:
        _opened(settings.SECRETS[f"receiving_private_key_{role}"], sealed, bound_to)
    except InvalidTag:
        pass
    else:
        return None
    try:
        return seal_for(role, open_as(role, sealed, bound_to), bound_to)
    except CannotOpen:
        return None


def _opened(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    return _SUITE.decrypt(sealed, X25519PrivateKey.from_private_bytes(key), info=bound_to)
