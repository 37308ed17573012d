"""Seals one capture: manifest, signed frame chain, VSR1 container and JWE (docs/protocol.md, section 4)."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fido2.utils import websafe_decode, websafe_encode
from joserfc import jwe, jws
from joserfc.jwk import ECKey

from devtools.rendering.frame import Frame

MAGIC: Final = b"VSR1"
_TO_ONE: Final = "ECDH-ES"
_TO_SEVERAL: Final = "ECDH-ES+A256KW"
_ALGORITHMS: Final = [_TO_ONE, _TO_SEVERAL, "A256GCM"]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a sample is bound to: transaction, challenge nonce and credential id (both base64url)."""

    txn: str
    nonce: str
    device: str


@dataclass(frozen=True, slots=True)
class Capture:
    """What the phone has to send beside the frames.

    `bind` holds new_dev, new_share and new_share_kind; `kept` what the phone keeps of a reference, and the
    key to answer to.
    """

    frames: Sequence[Frame]
    camera: dict[str, Any]
    share: bytes | None
    share_kind: str | None = "prf"
    bind: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)


def new_session_key() -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key pair that signs one transaction's frame chain."""
    return ec.generate_private_key(ec.SECP256R1())


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """Return the public JWK with the members kty, crv, x and y only."""
    numbers = key.public_key().public_numbers()
    x, y = (websafe_encode(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def thumbprint(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the thumbprint of the public key (RFC 7638), base64url."""
    return ECKey.import_key(key.public_key()).thumbprint()


def possession(challenge: str, key: ec.EllipticCurvePrivateKey) -> str:
    """Return the proof of a named key over a session's challenge (docs/protocol.md, section 7)."""
    header = {"alg": "ES256", "typ": "visor-possession+jws", "jwk": public_jwk(key)}
    return jws.serialize_compact(header, json.dumps({"challenge": challenge}), private_jwk(key), ["ES256"])


def frame_chain(frames: Sequence[Frame], *, nonce: str, txn: str) -> bytes:
    """Return the last link of the hash chain over the frames, in their order (32 bytes)."""
    link = hashlib.sha256(b"visor/frames/v1\x00" + websafe_decode(nonce) + txn.encode()).digest()
    for frame in frames:
        position = struct.pack(">IQ", frame.step, round(frame.t * 1000))
        link = hashlib.sha256(link + hashlib.sha256(frame.jpeg).digest() + position).digest()
    return link


def sign_chain(chain: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the raw 64-byte ES256 signature (r, s) over the chain."""
    r, s = decode_dss_signature(key.sign(chain, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def manifest(capture: Capture, binding: Binding, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """Return the manifest of a capture, its frame chain signed by the session key."""
    chain = frame_chain(capture.frames, nonce=binding.nonce, txn=binding.txn)
    return {
        "txn": binding.txn,
        "chl": binding.nonce,
        "dev": binding.device,
        "share": None if capture.share is None else websafe_encode(capture.share),
        "share_kind": None if capture.share is None else capture.share_kind,
        **capture.bind,
        **capture.kept,
        "camera": capture.camera,
        "probe": probe(capture.camera),
        "frames": [_entry(frame) for frame in capture.frames],
        "chain": websafe_encode(chain),
        "chain_signature": websafe_encode(sign_chain(chain, key)),
    }


def probe(camera: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page finds that asks such a camera for 320 by 240 pixels: the second picture has them."""
    before = {"width": camera.get("width"), "height": camera.get("height")}
    asked = {"width": 320, "height": 240}
    return {"asked": asked, "before": before, "got": asked, "seen": asked, "frames": 2}


def container(content: dict[str, Any], frames: Sequence[Frame]) -> bytes:
    """Return the VSR1 container: magic, manifest length (uint32), manifest, the JPEG files."""
    text = json.dumps(content, separators=(",", ":")).encode()
    return MAGIC + struct.pack(">I", len(text)) + text + b"".join(frame.jpeg for frame in frames)


def encrypt(plain: bytes, binding: Binding, seal: dict[str, Any]) -> str:
    """Return the JWE under the challenge's seal keys, bound to its transaction by the header.

    It is compact where there is one key, and JSON where there is a second.
    """
    header = {
        "enc": "A256GCM",
        "typ": "visor-sample+jwe",
        "txn": binding.txn,
        "dev": binding.device,
        "chl": binding.nonce,
    }
    registry = jwe.JWERegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    if seal.get("second"):
        return _to_both(plain, header, seal, registry)
    header |= {"alg": _TO_ONE, "kid": seal["kid"]}
    return jwe.encrypt_compact(header, plain, ECKey.import_key(seal["key"]), registry=registry)


def answer_key(
    receiver: ec.EllipticCurvePrivateKey, binding: Binding, key: ec.EllipticCurvePrivateKey
) -> dict[str, Any]:
    """Return the manifest's member that names the key to answer to, signed by the session key (section 5)."""
    said = {"txn": binding.txn, "chl": binding.nonce, "jwk": public_jwk(receiver)}
    header = {"alg": "ES256", "typ": "visor-receiver+jws"}
    return {"receiver": jws.serialize_compact(header, json.dumps(said), private_jwk(key), ["ES256"])}


def open_answer(
    sealed: str, receiver: ec.EllipticCurvePrivateKey, *, txn: str, device: str
) -> tuple[str, list[bytes]]:
    """Return a reference's name and the bundles that were left for this phone.

    Raises ValueError where it was sealed for another transaction or device, and JoseError where it does not
    open.
    """
    header, plain = open_left(sealed, receiver, txn=txn, device=device)
    return str(header["ref"]), [websafe_decode(each) for each in plain["bundles"]]


def open_left(
    sealed: str, receiver: ec.EllipticCurvePrivateKey, *, txn: str, device: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the protected header and the content of what a worker left for this phone; errors as above."""
    registry = jwe.JWERegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    found = jwe.decrypt_compact(sealed, private_jwk(receiver), registry=registry)
    header = dict(found.protected)
    bound = (header.get("typ"), header.get("txn"), header.get("dev"))
    if bound != ("visor-reference+jwe", txn, device):
        raise ValueError(f"sealed for another: {bound}")
    return header, json.loads(found.plaintext or b"")


def asking(binding: Binding, share: bytes | None, kind: str, engine: str) -> dict[str, Any]:
    """Return what a phone sends to be sent the reference: its share, and by what it will compare."""
    return {
        "txn": binding.txn,
        "chl": binding.nonce,
        "dev": binding.device,
        "share": websafe_encode(share or b""),
        "share_kind": kind,
        "engine": engine,
    }


def private_jwk(key: ec.EllipticCurvePrivateKey) -> ECKey:
    """Return a key pair as a JWK."""
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ECKey.import_key(pem)


def media_type(sealed: bytes) -> str:
    """Return the media type of a JWE, compact or in JSON (RFC 7516 section 9)."""
    return "application/jose+json" if sealed.startswith(b"{") else "application/jose"


def _to_both(plain: bytes, header: dict[str, Any], seal: dict[str, Any], registry: jwe.JWERegistry) -> str:
    sealed = jwe.GeneralJSONEncryption(header, plain)
    for each in (seal, seal["second"]):
        sealed.add_recipient({"alg": _TO_SEVERAL, "kid": each["kid"]}, ECKey.import_key(each["key"]))
    return json.dumps(jwe.encrypt_json(sealed, None, registry=registry))


def _entry(frame: Frame) -> dict[str, Any]:
    return {
        "step": frame.step,
        "t": round(frame.t, 3),
        "media": round(frame.media, 6),
        "size": len(frame.jpeg),
        "sha256": websafe_encode(hashlib.sha256(frame.jpeg).digest()),
    }
