"""A witness for tests (c2sp.org/tlog-witness): it believes nothing but what it has verified by itself."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from authsvc.audit.notes import COSIGNATURE, Verifier, cosigned, signature_line
from devtools import verify_log
from devtools.verify_log import Checkpoint, Key, Wrong

NAME = "witness.example/w1"


class Witness:
    """What the witness has seen last of each log, and its key."""

    def __init__(self) -> None:
        self.logs: dict[str, Key] = {}
        self.seen: dict[str, Checkpoint] = {}
        self.answers_at_all = True
        self._signer = Ed25519PrivateKey.generate()
        self.key = Verifier(NAME, self._signer.public_key().public_bytes_raw(), COSIGNATURE)

    def answer(self, body: str) -> tuple[int, str, str]:
        """Return status, content type and body."""
        head, _, note = body.partition("\n\n")
        first, *proof = head.split("\n")
        origin = note.split("\n")[0]
        if not self.answers_at_all:
            return 503, "text/plain", ""
        if origin not in self.logs:
            return 404, "text/plain", ""
        try:
            new = verify_log.read_checkpoint(note, self.logs[origin])
        except Wrong:
            return 403, "text/plain", ""
        seen = self.seen.get(origin, Checkpoint(origin, 0, b""))
        if int(first.removeprefix("old ")) != seen.size:
            return 409, "text/x.tlog.size", f"{seen.size}\n"
        try:
            verify_log.check_growth(seen, new, [base64.b64decode(line) for line in proof])
        except Wrong:
            return (409 if seen.size == new.size else 422), "text/plain", ""
        self.seen[origin] = new
        return 200, "text/plain", self._line(note.rpartition("\n\n")[0] + "\n")

    def _line(self, text: str) -> str:
        moment = int(time.time())
        signature = moment.to_bytes(8, "big") + self._signer.sign(cosigned(text, moment))
        return signature_line(NAME, self.key.ident + signature)


@contextmanager
def witness_at_work() -> Iterator[tuple[Witness, str]]:
    """Yield a witness and its address while the block runs."""
    witness = Witness()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, kind, said = witness.answer(body) if self.path == "/add-checkpoint" else (404, "", "")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield witness, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
