"""A stand-in for provider and relying party, made from docs/protocol.md alone; it judges no faces."""

import hashlib
import json
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

NONCE = websafe_encode(b"n" * 32)
STEPS = [{"cue": "centre", "ms": 600}, {"cue": "left", "ms": 900, "degrees": 20}]


class LargeRegistry(jwe.JWERegistry):
    max_ciphertext_length = 8 * 1024 * 1024


class Refusal(Exception):
    """What the stand-in refuses: status and code."""


class FakeServer:
    """State of one provider and one relying party; `samples` holds the manifests of what was uploaded."""

    def __init__(self) -> None:
        self.origin = ""
        rp = PublicKeyCredentialRpEntity(id="localhost", name="Visor")
        self.fido = Fido2Server(rp)
        self.worker = ECKey.generate_key("P-256")
        self.known: list[AttestedCredentialData] = []
        self.samples: list[dict[str, Any]] = []
        self.agents: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.consents: list[dict[str, list[str]]] = []
        self.codes: set[str] = set()
        self.transactions: dict[str, dict[str, Any]] = {}
        self.verdicts: list[dict[str, Any]] = []
        self.ask_consent = False

    def open(self, kind: str) -> str:
        """Open a transaction and return its id."""
        txn = f"txn-{len(self.transactions)}"
        self.transactions[txn] = {"kind": kind, "state": "open"}
        return txn

    # ---- the agent API

    def agent(self, method: str, txn: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        transaction = self.transactions.get(txn)
        if transaction is None:
            raise Refusal(404, "unknown")
        if (method, path) == ("GET", ""):
            return 200, {"kind": transaction["kind"], "state": transaction["state"]}
        if path == "sample":
            return self.sample(txn, transaction, body)
        handler = {
            "passkey/options": self.options,
            "passkey": self.passkey,
            "challenge": self.challenge,
            "status": self.status,
            "cancel": self.cancel,
            "without-face": self.without_face,
        }[path]
        return 200, handler(txn, transaction, json.loads(body or b"{}"))

    def options(self, txn: str, transaction: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        transaction["key"] = body["session_key"]
        if transaction["kind"] == "enrol":
            user = PublicKeyCredentialUserEntity(id=b"h", name="obama", display_name="obama")
            creation, state = self.fido.register_begin(
                user, user_verification=UserVerificationRequirement.REQUIRED
            )
            options = dict(creation)
        else:
            request, state = self.fido.authenticate_begin(
                user_verification=UserVerificationRequirement.REQUIRED
            )
            options = dict(request)
        transaction["fido"] = state
        public = json.loads(json.dumps(options))["publicKey"]
        return {"publicKey": {**public, "extensions": {"prf": {"eval": {"first": NONCE}}}}}

    def passkey(self, txn: str, transaction: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        self.agents.append(body["agent"])
        try:
            if transaction["kind"] == "enrol":
                data = self.fido.register_complete(transaction["fido"], body["credential"]).credential_data
                assert data is not None
                self.known.append(data)
            else:
                self.fido.authenticate_complete(transaction["fido"], self.known, body["credential"])
        except ValueError:
            raise Refusal(403, "passkey") from None
        transaction["state"] = "proven"
        return {"next": "capture" if transaction["kind"] == "enrol" else "choose"}

    def challenge(self, txn: str, transaction: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        if transaction["state"] not in {"proven", "again"}:
            raise Refusal(409, "not-proven")
        transaction["state"] = "challenged"
        return {
            "capture": 1,
            "nonce": NONCE,
            "expires_in": 120,
            "steps": STEPS,
            "frames": {"min": 10, "max": 40, "fps": 6, "width": 640, "height": 480},
            "seal": {"kid": "k1", "key": self.worker.as_dict(private=False), "signature": "x"},
            "warning": None,
            "want": {"share": True, "reference": None, "receiver": False},
        }

    def sample(self, txn: str, transaction: dict[str, Any], body: bytes) -> tuple[int, dict[str, Any]]:
        if transaction["state"] != "challenged":
            raise Refusal(409, "no-challenge")
        transaction["state"] = "judged"
        try:
            transaction["verdict"] = self.judge(txn, transaction, body)
        except (JoseError, InvalidSignature, ValueError) as problem:
            transaction["verdict"] = {"state": "refused", "why": str(problem)}
        return 202, {"next": "wait"}

    def status(self, txn: str, transaction: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        verdict: dict[str, Any] = transaction.get("verdict", {"state": "working"})
        if verdict["state"] == "again":
            transaction["state"] = "again"
        return verdict

    def cancel(self, txn: str, transaction: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        return {"continue_url": "/t/demo/gone"}

    def without_face(self, txn: str, transaction: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        transaction["verdict"] = {"state": "done"}
        return {"next": "done", "continue_url": f"/t/demo/authorize/resume/{txn}"}

    def judge(self, txn: str, transaction: dict[str, Any], body: bytes) -> dict[str, Any]:
        registry = LargeRegistry(algorithms=["ECDH-ES", "A256GCM"], strict_check_header=False)
        message = jwe.decrypt_compact(body, self.worker, registry=registry)
        if message.protected["txn"] != txn:
            raise ValueError("another transaction")
        manifest = check_container(message.plaintext or b"", txn, transaction["key"])
        self.samples.append(manifest)
        goes_on = f"/t/demo/authorize/resume/{txn}"
        return self.verdicts.pop(0) if self.verdicts else {"state": "done", "continue_url": goes_on}

    # ---- the provider's and the relying party's pages

    def page(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, str], str]:
        if path == "/members":
            callback = quote(f"{self.origin}/cb")
            return 302, {"Location": f"/t/demo/authorize?redirect_uri={callback}&state=s"}, ""
        if path == "/t/demo/authorize":
            if query["redirect_uri"] != [f"{self.origin}/cb"]:
                raise Refusal(400, "redirect-uri")
            headers = {"Location": f"/t/demo/signin/{self.open('authenticate')}/"}
            return 302, {**headers, "Set-Cookie": "visor_txn_1=k; HttpOnly; Path=/"}, ""
        if path.startswith("/t/demo/authorize/resume/"):
            return self.resume(path.rsplit("/", 1)[-1])
        if path == "/cb":
            if query["code"][0] not in self.codes:
                raise Refusal(400, "code")
            self.codes.clear()
            return 302, {"Location": "/welcome"}, ""
        return 200, {}, "<p>page</p>"

    def resume(self, txn: str) -> tuple[int, dict[str, str], str]:
        transaction = self.transactions[txn]
        if transaction.get("verdict", {}).get("state") != "done":
            raise Refusal(403, "not-decided")
        if self.ask_consent:
            return (
                200,
                {},
                (
                    '<form action="/t/demo/authorize/consent" method="post"><input name="pending"'
                    ' value="p"><button name="answer" value="yes">Y</button>'
                    '<button name="answer" value="no">N</button></form>'
                ),
            )
        return self.issue()

    def issue(self) -> tuple[int, dict[str, str], str]:
        self.codes = {"code"}
        return 302, {"Location": f"{self.origin}/cb?code=code&state=s&iss=x"}, ""


def check_container(plain: bytes, txn: str, key: dict[str, str]) -> dict[str, Any]:
    """Return the manifest of a VSR1 container whose files, chain and signature fit; raises ValueError."""
    (length,) = struct.unpack(">I", plain[4:8])
    manifest: dict[str, Any] = json.loads(plain[8 : 8 + length])
    rest = plain[8 + length :]
    link = hashlib.sha256(b"visor/frames/v1\x00" + websafe_decode(manifest["chl"]) + txn.encode()).digest()
    for entry in manifest["frames"]:
        jpeg, rest = rest[: entry["size"]], rest[entry["size"] :]
        digest = hashlib.sha256(jpeg).digest()
        if not jpeg.endswith(b"\xff\xd9") or websafe_encode(digest) != entry["sha256"]:
            raise ValueError("a file is not whole")
        link = hashlib.sha256(
            link + digest + struct.pack(">IQ", entry["step"], round(entry["t"] * 1000))
        ).digest()
    if rest or websafe_encode(link) != manifest["chain"]:
        raise ValueError("the chain does not fit")
    raw = websafe_decode(manifest["chain_signature"])
    x, y = (int.from_bytes(websafe_decode(key[name])) for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(signature, link, ec.ECDSA(hashes.SHA256()))
    return manifest


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def _handle(self, method: str) -> None:
        fake: FakeServer = self.server.fake
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fake.asked.append(f"{method} {parts.path}")
        try:
            self._route(fake, method, parts.path, parse_qs(parts.query), body)
        except Refusal as refusal:
            status, code = refusal.args
            self._answer(status, {}, json.dumps({"error": code}))

    def _route(
        self, fake: FakeServer, method: str, path: str, query: dict[str, list[str]], body: bytes
    ) -> None:
        if method == "POST" and self.headers.get("Origin") != fake.origin:
            raise Refusal(403, "foreign-origin")
        if path.startswith(("/t/demo/agent/", "/t/demo/authorize/resume/")) and not self._has_cookie():
            raise Refusal(403, "foreign-browser")
        if path.startswith("/t/demo/agent/"):
            txn, _, rest = path.removeprefix("/t/demo/agent/").partition("/")
            status, answer = fake.agent(method, txn, rest, body)
            self._answer(status, {}, json.dumps(answer))
        elif path == "/t/demo/enrol/token/":
            self._answer(200, {}, json.dumps({"notice": {"version": 3}, "subject": {"name": "x"}}))
        elif path == "/t/demo/enrol/token/consent":
            if json.loads(body) != {"notice_version": 3}:
                raise Refusal(409, "notice")
            answer = {"transaction": fake.open("enrol"), "agent_url": ""}
            self._answer(200, {"Set-Cookie": "visor_txn_1=k; Path=/"}, json.dumps(answer))
        elif path == "/t/demo/authorize/consent":
            fake.consents.append(parse_qs(body.decode()))
            self._answer(*fake.issue())
        else:
            self._answer(*fake.page(path, query))

    def _has_cookie(self) -> bool:
        return "visor_txn_1" in SimpleCookie(self.headers.get("Cookie", ""))

    def _answer(self, status: int, headers: dict[str, str], text: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@contextmanager
def running() -> Iterator[FakeServer]:
    """Serve a FakeServer on a free port of localhost while the block runs."""
    fake = FakeServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.fake = fake  # type: ignore[attr-defined]
        fake.origin = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
