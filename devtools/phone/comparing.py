"""A phone that compares itself: what vouches for it, the reference that it is sent, and what it says (W6)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from fido2.utils import websafe_decode
from joserfc import jws
from joserfc.jwk import ECKey

from devtools.phone.sealing import Binding, open_left, private_jwk
from devtools.rendering.frame import Frame

TEST_ROOT: Final = ec.derive_private_key(
    int.from_bytes(hashlib.sha256(b"visor test root of agents").digest(), "big"), ec.SECP256R1()
)
"""Anybody's: what it vouches for says nothing of any device, and sandboxes alone trust it."""


class DeviceEngine(Protocol):
    """What compares on the phone."""

    @property
    def engine_id(self) -> str:
        """The name that results carry, and by which an evaluation record vouches for it."""

    def matches(self, pictures: Sequence[bytes], *, vector: bytes, threshold: float) -> bool:
        """Tell whether JPEG pictures of one face show whom a reference describes."""


@dataclass(frozen=True)
class Released:
    """A reference that was sent to be compared once: its name and version, and what to compare with."""

    reference: str
    version: int
    vector: bytes = field(repr=False)
    threshold: float


def attestation(txn: str, session: Mapping[str, str], receiver: Mapping[str, str]) -> dict[str, str]:
    """Return what vouches for the phone's keys, public JWKs, in one transaction, by the test root."""
    said = {
        "transaction": txn,
        "session_key": thumbprint(session),
        "receiving_key": thumbprint(receiver),
    }
    return {"format": "test", "statement": _signed("visor-agent+jws", said, TEST_ROOT)}


def open_released(sealed: str, receiver: ec.EllipticCurvePrivateKey, binding: Binding) -> Released:
    """Return the reference that a worker sealed for this phone, for one attempt.

    Raises ValueError where it was sealed for another attempt or device, and JoseError where it does not open.
    """
    header, plain = open_left(sealed, receiver, txn=binding.txn, device=binding.device)
    if header["chl"] != binding.nonce:
        raise ValueError("sealed for another challenge")
    vector = websafe_decode(plain["vector"])
    return Released(str(header["ref"]), int(header["ver"]), vector, float(plain["threshold"]))


def result(released: Released, binding: Binding, *, chain: str, engine: str, matched: bool) -> dict[str, Any]:
    """Return what the phone says it found, bound to the pictures that it looked at."""
    return {
        "txn": binding.txn,
        "chl": binding.nonce,
        "chain": chain,
        "ref": released.reference,
        "ver": released.version,
        "engine": engine,
        "matched": matched,
    }


def sign_result(said: Mapping[str, Any], session: ec.EllipticCurvePrivateKey) -> str:
    """Return a result signed by the session key."""
    return _signed("visor-comparison+jws", said, session)


def centre_pictures(frames: Sequence[Frame], challenge: Mapping[str, Any]) -> list[bytes]:
    """Return the pictures in which the head is straight."""
    steps = challenge["steps"]
    return [frame.jpeg for frame in frames if steps[frame.step]["cue"] == "centre"]


def _signed(kind: str, said: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> str:
    header = {"alg": "ES256", "typ": kind}
    return jws.serialize_compact(header, json.dumps(said), private_jwk(key), ["ES256"])


def thumbprint(key: Mapping[str, str]) -> str:
    """Return the RFC 7638 thumbprint of a public JWK."""
    return str(ECKey.import_key(dict(key)).thumbprint())
