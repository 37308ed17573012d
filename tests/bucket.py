"""A store of objects for tests, with the interface of S3: one bucket in memory, and faults as one likes.

It believes a request as Amazon's does: by its signature (AWS Signature Version 4), worked out here anew.
"""

import hashlib
import hmac
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

ACCESS_KEY, SECRET_KEY, BUCKET, REGION = "visor", "a secret of the store", "references", "eu-test-1"
_PIECE = 64 * 1024
Fault = Callable[[str, bytes], bytes]


@dataclass
class Bucket:
    """What the store has, and what it was asked for: method, name and answer.
     `tampers` makes of what is asked for what is given back, `answers` is a status in place of it all,
    and `pads` are bytes behind what is said of it; `sent` is how many bytes of answers went out. `waits`
    and `drips` are seconds, before the answer and before each byte of it.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    tampers: Fault | None = None
    answers: int = 0
    pads: int = 0
    sent: int = 0
    waits: float = 0.0
    drips: float = 0.0
    url: str = ""
    ca: Path | None = None

    @property
    def settings(self) -> dict[str, object]:
        """What a worker is told of it."""
        key = SecretStr(SECRET_KEY)
        where = {"url": self.url, "bucket": BUCKET, "region": REGION, "ca": self.ca}
        return {**where, "access_key": ACCESS_KEY, "secret_key": key}

    def answer(self, method: str, name: str, body: bytes) -> tuple[int, bytes]:
        """Do what is asked, and return status and body."""
        time.sleep(self.waits)
        if self.answers:
            return self.answers, _error("InternalError") + bytes(self.pads)
        if method == "PUT":
            self.objects[name] = body
            return 200, bytes(self.pads)
        if method == "DELETE":
            self.objects.pop(name, None)
            return 204, b""
        if name not in self.objects:
            return 404, _error("NoSuchKey")
        content = self.objects[name]
        return 200, self.tampers(name, content) if self.tampers else content


def _error(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bucket, _, name = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        if not self._is_signed(body) or bucket != BUCKET:
            status, content = 403, _error("AccessDenied")
        else:
            status, content = self.bucket.answer(self.command, name, body)
        self.bucket.asked.append((self.command, name, status))
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/xml" if status >= 400 else "application/octet-stream")
        if 300 <= status < 400:
            self.send_header("Location", f"{self.bucket.url}/elsewhere")
        self.send_header("ETag", '"0"')
        self.send_header("Last-Modified", "Sun, 29 Nov 2026 12:00:00 GMT")
        self.end_headers()
        self._send(content)

    do_GET = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 - http.server's names

    def _send(self, content: bytes) -> None:
        if not (drips := self.bucket.drips):
            with suppress(OSError):  # whoever asked has had enough
                for begin in range(0, len(content), _PIECE):
                    self.wfile.write(content[begin : begin + _PIECE])
                    self.bucket.sent += len(content[begin : begin + _PIECE])
            return
        with suppress(OSError):  # whoever asked has waited long enough
            for byte in content:
                time.sleep(drips)
                self.wfile.write(bytes([byte]))
                self.wfile.flush()

    def _is_signed(self, body: bytes) -> bool:
        said = dict(
            part.strip().split("=", 1)
            for part in self.headers.get("Authorization", "").removeprefix("AWS4-HMAC-SHA256 ").split(",")
            if "=" in part
        )
        key, _, scope = said.get("Credential", "").partition("/")
        digest = self.headers.get("x-amz-content-sha256", "")
        # Over TLS, which says that nobody has changed it, a client need not sign what it sends.
        unsigned = digest == "UNSIGNED-PAYLOAD" and self.bucket.url.startswith("https:")
        if key != ACCESS_KEY or not (unsigned or digest == hashlib.sha256(body).hexdigest()):
            return False
        names = said["SignedHeaders"].split(";")
        headers = "".join(f"{name}:{' '.join(self.headers[name].split())}\n" for name in names)
        path, _, query = self.path.partition("?")
        request = "\n".join([self.command, path, query, headers, said["SignedHeaders"], digest])
        text = "\n".join(
            [
                "AWS4-HMAC-SHA256",
                self.headers["x-amz-date"],
                scope,
                hashlib.sha256(request.encode()).hexdigest(),
            ]
        )
        signing = f"AWS4{SECRET_KEY}".encode()
        for part in scope.split("/"):
            signing = hmac.digest(signing, part.encode(), "sha256")
        return hmac.compare_digest(hmac.digest(signing, text.encode(), "sha256").hex(), said["Signature"])

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def bucket_at_work(certificate: tuple[Path, Path] | None = None) -> Iterator[Bucket]:
    """Yield a store that answers while the block runs, over TLS with a certificate and its key."""
    bucket = Bucket()
    handler = type("Handler", (_Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        bucket.url = bucket.url.replace("http:", "https:")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
