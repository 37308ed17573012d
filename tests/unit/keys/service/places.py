"""The three places for keys as a test meets them, and a stand-in for the transit service."""

import base64
import json
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from authsvc.core.envelope import CannotOpen, seal, unseal
from authsvc.keys.service.file import FileKeys
from authsvc.keys.service.interface import KeyService
from authsvc.keys.service.transit import TransitKeys
from tests import needs
from tests.unit.keys.service.certificates import self_signed

SECRET = os.urandom(32)
TOKEN = "token-of-the-role"
PIN = "4711"
LABEL = "visor-tests"


@contextmanager
def file_keys(folder: Path) -> Iterator[KeyService]:
    """A folder, and the secret of one role."""
    yield FileKeys(folder / "keys", lambda: [SECRET])


@contextmanager
def module_keys(folder: Path) -> Iterator[KeyService]:
    """SoftHSM with a token that stays for the whole process: a module is set up once in each."""
    from authsvc.keys.service.pkcs11 import Pkcs11Keys

    module = needs.softhsm_module()
    assert module is not None
    if "SOFTHSM2_CONF" not in os.environ:
        _initialise(folder)
    yield Pkcs11Keys(module, LABEL, PIN, folder / "locks")


def _initialise(folder: Path) -> None:
    tokens, configuration = folder / "tokens", folder / "softhsm2.conf"
    tokens.mkdir()
    lines = [f"directories.tokendir = {tokens}", "objectstore.backend = file", "log.level = ERROR"]
    configuration.write_text("\n".join(lines))
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", PIN]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def transit_keys(folder: Path) -> Iterator[KeyService]:
    """The stand-in, by TLS."""
    with transit_server(folder) as server:
        yield TransitKeys(server.url, TOKEN, server.certificate)


@dataclass
class Stored:
    """A key of the stand-in's transit engine."""

    versions: dict[int, bytes]
    deletable: bool = False
    oldest: int = 1


@dataclass
class Transit:
    """What the stand-in holds, and how it shall misbehave: answer with `status`, or after `delay` seconds."""

    url: str = ""
    certificate: Path = Path()
    keys: dict[str, Stored] = field(default_factory=dict)
    numbers: dict[str, list[Any]] = field(default_factory=dict)
    turn: threading.Lock = field(default_factory=threading.Lock)
    status: int = 0
    delay: threading.Event | None = None

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and `data` of an answer, as Vault 1.17 documents them."""
        if path.startswith("secret/data/"):
            return self._number(method, path, body)
        _, kind, name, *act = path.split("/")
        key = self.keys.get(name)
        if kind == "keys" and method == "POST" and not act:
            self.keys.setdefault(name, Stored({1: os.urandom(32)}))
            return 200, {}
        if kind == "encrypt" and key is None:
            key = self.keys[name] = Stored({1: os.urandom(32)})
        if key is None:
            return (404 if method == "GET" else 400), {}
        return self._of(key, method, kind, name, act, body)

    def _of(
        self, key: Stored, method: str, kind: str, name: str, act: list[str], body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        newest = max(key.versions)
        match (method, kind, act):
            case ("GET", "keys", []):
                return 200, {"latest_version": newest}
            case ("POST", "keys", ["rotate"]):
                key.versions[newest + 1] = os.urandom(32)
            case ("POST", "keys", ["config"]):
                key.deletable = body.get("deletion_allowed", key.deletable)
                key.oldest = body.get("min_decryption_version", key.oldest)
            case ("POST", "keys", ["trim"]):
                kept = body["min_available_version"]
                if kept > key.oldest:
                    return 400, {}
                key.versions = {number: one for number, one in key.versions.items() if number >= kept}
            case ("DELETE", "keys", []):
                if not key.deletable:
                    return 400, {}
                del self.keys[name]
            case ("POST", "encrypt", []):
                plain, aad = _bytes(body, "plaintext"), _bytes(body, "associated_data")
                return 200, {"ciphertext": f"vault:v{newest}:{_text(seal(key.versions[newest], plain, aad))}"}
            case ("POST", "decrypt", []):
                return self._decrypted(key, body)
        return 204, {}

    def _decrypted(self, key: Stored, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            maker, version, sealed = body["ciphertext"].split(":")
            number = int(version[1:])
            if maker != "vault" or number < key.oldest:
                return 400, {}
            plain = unseal(
                key.versions[number], base64.b64decode(sealed, validate=True), _bytes(body, "associated_data")
            )
        except (ValueError, KeyError, CannotOpen):
            return 400, {}
        return 200, {"plaintext": _text(plain)}

    def _number(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        version, value = self.numbers.get(path, [0, None])
        if method == "GET":
            found = {"data": {"value": value}, "metadata": {"version": version}}
            return (200, found) if version else (404, {})
        if body["options"]["cas"] != version:
            return 400, {}
        self.numbers[path] = [version + 1, body["data"]["value"]]
        return 200, {"version": version + 1}


def _bytes(body: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(body[name])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@contextmanager
def transit_server(folder: Path) -> Iterator[Transit]:
    """Serve the stand-in on a port of the loopback interface, with a certificate of its own."""
    held = Transit()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
            if held.delay is not None:
                held.delay.wait(30)
            status, data = held.status, dict[str, Any]()
            if not status:
                status = 403
                if self.headers["X-Vault-Token"] == TOKEN:
                    with held.turn:
                        status, data = held.answer(self.command, self.path.removeprefix("/v1/"), body)
            content = b"" if status == 204 else json.dumps({"data": data}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    certificate, key = self_signed(folder, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    held.url, held.certificate = f"https://127.0.0.1:{server.server_port}", certificate
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield held
    finally:
        if held.delay is not None:
            held.delay.set()
        server.shutdown()
        server.server_close()
