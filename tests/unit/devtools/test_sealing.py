"""What the phone seals, opened again as docs/protocol.md section 4 says."""

import hashlib
import json
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fido2.utils import websafe_decode, websafe_encode
from joserfc import jwe
from joserfc.jwk import ECKey

from devtools.phone.sealing import (
    Binding,
    Capture,
    container,
    encrypt,
    frame_chain,
    manifest,
    new_session_key,
    public_jwk,
)
from devtools.rendering.frame import Frame

NONCE = websafe_encode(b"n" * 32)
BINDING = Binding("txn-1", NONCE, "device-1")
FRAMES = [Frame(0, 131.4, 0.133, b"first"), Frame(1, 300.0004, 0.3, b"second")]
CAMERA = {"label": "x", "facing": "user", "width": 640, "height": 480, "fps": 30}


class LargeRegistry(jwe.JWERegistry):
    max_ciphertext_length = 8 * 1024 * 1024


def opened(sealed: str, key: ECKey) -> tuple[dict[str, Any], bytes]:
    registry = LargeRegistry(algorithms=["ECDH-ES", "A256GCM"], strict_check_header=False)
    message = jwe.decrypt_compact(sealed, key, registry=registry)
    assert message.plaintext is not None
    return dict(message.protected), message.plaintext


def test_the_sealed_sample_opens_to_the_manifest_and_the_files() -> None:
    worker = ECKey.generate_key("P-256")
    content = manifest(Capture(FRAMES, CAMERA, b"s" * 32), BINDING, new_session_key())
    seal = {"kid": "k1", "key": worker.as_dict(private=False)}
    header, plain = opened(encrypt(container(content, FRAMES), BINDING, seal), worker)
    assert {name: header[name] for name in ("alg", "enc", "kid", "typ", "txn", "dev", "chl")} == {
        "alg": "ECDH-ES",
        "enc": "A256GCM",
        "kid": "k1",
        "typ": "visor-sample+jwe",
        "txn": "txn-1",
        "dev": "device-1",
        "chl": NONCE,
    }
    assert plain[:4] == b"VSR1"
    (length,) = struct.unpack(">I", plain[4:8])
    assert json.loads(plain[8 : 8 + length]) == content
    assert plain[8 + length :] == b"firstsecond"
    assert content["share"] == websafe_encode(b"s" * 32)
    assert content["share_kind"] == "prf"


def test_a_large_sample_is_sealed_too() -> None:
    worker = ECKey.generate_key("P-256")
    seal = {"kid": "k1", "key": worker.as_dict(private=False)}
    _, plain = opened(encrypt(b"x" * 3_000_000, BINDING, seal), worker)
    assert len(plain) == 3_000_000


@pytest.mark.requirement("S9.2-07")
def test_the_chain_is_the_one_of_the_protocol() -> None:
    link = hashlib.sha256(b"visor/frames/v1\x00" + b"n" * 32 + b"txn-1").digest()
    link = hashlib.sha256(link + hashlib.sha256(b"first").digest() + struct.pack(">IQ", 0, 131400)).digest()
    link = hashlib.sha256(link + hashlib.sha256(b"second").digest() + struct.pack(">IQ", 1, 300000)).digest()
    assert frame_chain(FRAMES, nonce=NONCE, txn="txn-1") == link


def test_times_in_the_manifest_give_the_same_chain() -> None:
    content = manifest(Capture(FRAMES, CAMERA, None), BINDING, new_session_key())
    stated = [
        Frame(entry["step"], entry["t"], entry["media"], frame.jpeg)
        for entry, frame in zip(content["frames"], FRAMES, strict=True)
    ]
    assert websafe_encode(frame_chain(stated, nonce=NONCE, txn="txn-1")) == content["chain"]


def test_the_session_key_signs_the_chain() -> None:
    key = new_session_key()
    content = manifest(Capture(FRAMES, CAMERA, None), BINDING, key)
    raw = websafe_decode(content["chain_signature"])
    assert len(raw) == 64
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.public_key().verify(signature, websafe_decode(content["chain"]), ec.ECDSA(hashes.SHA256()))


def test_the_public_key_has_only_the_public_members() -> None:
    assert set(public_jwk(new_session_key())) == {"kty", "crv", "x", "y"}


def test_no_share_has_no_kind_and_a_binding_adds_its_members() -> None:
    bind = {"new_dev": "d", "new_share": "s", "new_share_kind": "prf"}
    content = manifest(Capture(FRAMES, CAMERA, None, bind=bind), BINDING, new_session_key())
    assert content["share"] is None
    assert content["share_kind"] is None
    assert content["new_dev"] == "d"
