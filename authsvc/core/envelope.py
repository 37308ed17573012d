"""Envelope encryption with AES-256-GCM; the context is authenticated with the content (S9.2-12, S9.2-13)."""

import os
from collections.abc import Iterable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE = 12


class CannotOpen(Exception):
    """The key, the context or the content is not the one that was sealed."""


def context(*parts: str | int) -> bytes:
    """Return the parts as one byte string in which no two lists look alike (each length-prefixed)."""
    encoded = [str(part).encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def seal(key: bytes, content: bytes, aad: bytes) -> bytes:
    """Return `content` sealed under a 32-byte key: version (1), nonce (12, random), ciphertext and tag."""
    nonce = os.urandom(_NONCE)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, content, _VERSION + aad)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return what `seal` sealed under the same key and context.

    Raises CannotOpen without saying which of the three was wrong.
    """
    if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE + 16:
        raise CannotOpen("not a sealed value")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], _VERSION + aad)
    except InvalidTag:
        raise CannotOpen("wrong key, context or content") from None


def unseal_any(keys: Iterable[bytes], sealed: bytes, aad: bytes) -> bytes:
    """Return what `seal` sealed under one of the keys, which are tried in their order. Raises CannotOpen."""
    problem = CannotOpen("there is no key")
    for key in keys:
        try:
            return unseal(key, sealed, aad)
        except CannotOpen as found:
            problem = found
    raise problem


class Wrapping(Protocol):
    """A key that content is sealed under, wherever it lies: in the process's secrets or in a key service."""

    def wrap(self, content: bytes, aad: bytes) -> bytes:
        """Return the content sealed, bound to the context."""
        ...

    def unwrap(self, sealed: bytes, aad: bytes) -> bytes:
        """Return what was sealed, under this version of the key or one that is still accepted.

        Raises CannotOpen; that the key cannot be reached is another matter, and another exception.
        """
        ...

    def is_current(self, sealed: bytes, aad: bytes) -> bool:
        """Tell whether this was sealed under the key's newest version."""
        ...


def derive(*secrets_: bytes, info: bytes) -> bytes:
    """Return a 32-byte key that needs every one of the secrets (HKDF-SHA-256, RFC 5869)."""
    material = b"".join(len(secret).to_bytes(4, "big") + secret for secret in secrets_)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(material)
