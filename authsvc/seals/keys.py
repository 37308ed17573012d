"""Each role's seal key, and what others know of it.

A role holds one Ed25519 key in its section of the secrets file, `seal_private_key_<role>`; its public part
stands in `public`. The key of a role's MACs comes out of the same secret. While it is rotated
(authsvc/keys/held.py) seals by the next and by the previous key are good too.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from authsvc.core.envelope import derive
from authsvc.keys.held import ENDINGS

_ID_BYTES: Final = 4


@dataclass(frozen=True)
class SealKey:
    """One key of a role: its secret where this process holds it, and its public part."""

    secret: bytes | None
    public: bytes

    @cached_property
    def ident(self) -> bytes:
        """Four bytes that tell the key from the role's others."""
        return hashlib.sha256(self.public).digest()[:_ID_BYTES]

    @cached_property
    def mac(self) -> bytes | None:
        """The key of the role's MACs, None where this process does not hold it."""
        return None if self.secret is None else derive(self.secret, info=b"visor/seal/mac/v1")

    @cached_property
    def signer(self) -> Ed25519PrivateKey | None:
        """The key of the role's signatures, None where this process does not hold it."""
        return None if self.secret is None else Ed25519PrivateKey.from_private_bytes(self.secret)


def keys_of(role: str) -> tuple[SealKey, ...]:
    """Return what this process knows of a role's keys, the one in use first."""
    held = settings.SECRETS
    return _keys(*[held.get(name) for name in _names(role)])


def own_key(role: str) -> SealKey | None:
    """Return the key that this process seals by for a role, or None where it does not play that role."""
    return next((key for key in keys_of(role) if key.secret is not None), None)


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature on a message is that of a public key's holder."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@cache
def _names(role: str) -> tuple[str, ...]:
    """Return what the secrets file calls a role's keys: each one's secret, then its public part."""
    kinds = ("seal_private_key", "seal_public_key")
    return tuple(f"{kind}_{role}{ending}" for ending in ENDINGS for kind in kinds)


@cache
def _keys(*held: bytes | None) -> tuple[SealKey, ...]:
    pairs = zip(held[::2], held[1::2], strict=True)
    return tuple(SealKey(secret, public) for secret, public in pairs if public is not None)
