"""A push service of the tests' own, and a browser that takes what it passes on.

It checks who sends by RFC 8292, and the browser opens messages by RFC 8291, both by the standards' own steps
with nothing but primitives: neither knows the library that sends.
"""

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _hkdf(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class TakesPushes:
    """A browser's subscription: its keys, and the address that its service gave it."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=_new_key)
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @cached_property
    def form(self) -> dict[str, str]:
        """What the page sends of it."""
        key = encoded(_point(self.private.public_key()))
        return {"endpoint": self.endpoint, "key": key, "secret": encoded(self.secret)}

    def open(self, body: bytes) -> bytes:
        """Open one message of one record (RFC 8291 section 3.4, RFC 8188 section 2); raises InvalidTag."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self.private.exchange(ec.ECDH(), other)
        info = b"WebPush: info\0" + _point(self.private.public_key()) + theirs
        material = _hkdf(self.secret, shared, info, 32)
        key = _hkdf(salt, material, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _hkdf(salt, material, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, record, None)
        content, delimiter, rest = padded.rpartition(b"\x02")
        assert delimiter
        assert not rest.strip(b"\0")
        return content


@dataclass
class Pushed:
    """A message as it came: where to, its headers, its body, and what the sender signed."""

    path: str
    headers: Message
    body: bytes
    claims: dict[str, Any]
    sender: str


@dataclass
class PushService:
    """What came, and what is answered: for a path, or else `status`."""

    url: str = ""
    status: int = 201
    answers: dict[str, int] = field(default_factory=dict)
    came: list[Pushed] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def subscribed(self, name: str = "one") -> TakesPushes:
        """Give a browser an address here."""
        return TakesPushes(f"{self.url}/send/{name}-{encoded(os.urandom(12))}")

    def words_for(self, browser: TakesPushes) -> list[dict[str, str]]:
        """What a browser has been told, as it opens it."""
        return [
            json.loads(browser.open(one.body)) for one in self.came if browser.endpoint.endswith(one.path)
        ]

    def take(self, path: str, headers: Message, body: bytes) -> int:
        """Take a message whose sender says who it is, and return the status of the answer."""
        try:
            claims, sender = self._sender(str(headers["Authorization"]))
            assert headers["Content-Encoding"] == "aes128gcm"
            assert int(str(headers["TTL"])) >= 0
        except (KeyError, ValueError, AssertionError, InvalidSignature) as problem:
            self.refused.append(f"{type(problem).__name__}: {problem}")
            return 403
        self.came.append(Pushed(path, headers, body, claims, sender))
        return self.answers.get(path, self.status)

    def _sender(self, said: str) -> tuple[dict[str, Any], str]:
        """Check `vapid t=…, k=…` (RFC 8292 sections 2 and 3), and return claims and key."""
        scheme, _, rest = said.partition(" ")
        assert scheme.lower() == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        head, payload, signature = parts["t"].split(".")
        assert json.loads(decoded(head))["alg"] == "ES256"
        raw = decoded(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(parts["k"]))
        key.verify(pair, f"{head}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
        claims = json.loads(decoded(payload))
        assert claims["aud"] == self.url
        assert 0 < claims["exp"] - time.time() <= 24 * 3600
        assert claims["sub"]
        return claims, parts["k"]


@contextmanager
def push_service() -> Iterator[PushService]:
    """Serve on a free port of the loopback interface while the block runs."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(service.take(self.path, self.headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
