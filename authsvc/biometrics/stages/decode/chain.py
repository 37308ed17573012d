"""The hash chain over the frames and its signature (docs/protocol.md section 4)."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from authsvc.biometrics.types import BadSample, FrameEntry, Manifest, Reason

from .container import unb64u


def check_chain(manifest: Manifest, jpegs: Sequence[bytes], session_key: Mapping[str, Any]) -> None:
    """Check every frame's hash, the chain over them, and the session key's ES256 signature (raw r and s).

    `session_key` is the public JWK (P-256) that the device proof covers. Raises BadSample.
    """
    for entry, jpeg in zip(manifest.frames, jpegs, strict=True):
        if hashlib.sha256(jpeg).digest() != entry.sha256:
            raise BadSample(Reason.FRAME_HASH)
    if (
        chain_of(manifest.frames, nonce=manifest.nonce, transaction_id=manifest.transaction_id)
        != manifest.chain
    ):
        raise BadSample(Reason.CHAIN)
    try:
        _verify(session_key, manifest.chain_signature, manifest.chain)
    except (InvalidSignature, ValueError, TypeError, KeyError):
        raise BadSample(Reason.CHAIN_SIGNATURE) from None


def chain_of(frames: Sequence[FrameEntry], *, nonce: str, transaction_id: str) -> bytes:
    """Return the last link of the chain, 32 bytes; raises BadSample where the nonce is not base64url."""
    try:
        start = b"visor/frames/v1\x00" + unb64u(nonce) + transaction_id.encode()
    except (ValueError, TypeError):
        raise BadSample(Reason.FOREIGN, detail="nonce is not base64url") from None
    link = hashlib.sha256(start).digest()
    for frame in frames:
        place = struct.pack(">IQ", frame.step, round(frame.t_ms * 1000))
        link = hashlib.sha256(link + frame.sha256 + place).digest()
    return link


def _verify(jwk: Mapping[str, Any], signature: bytes, message: bytes) -> None:
    x, y = (int.from_bytes(unb64u(jwk[name]), "big") for name in ("x", "y"))
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
