"""The key service of an organisation, over HTTPS: HashiCorp Vault's transit engine, or what speaks like it.

Keys lie in the engine mounted at `transit` (encrypt, decrypt, rotate, trim, delete), counters and tombstones
in the key-value engine, version 2, at `secret`, whose check-and-set lets no two processes take the same step.
The token's policy should give `update` on transit/encrypt and not `create`: wrapping then makes no key.
"""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests

from authsvc.keys.service.interface import (
    CALL_SECONDS,
    CannotUnwrap,
    KeyGone,
    KeyServiceDown,
    NotAllowed,
    address,
    raised,
)

_CONNECT_SECONDS: Final = 2.0
_KEY: Final = {"type": "aes256-gcm96", "exportable": False, "allow_plaintext_backup": False}


class _Missing(KeyServiceDown):
    """404, which is a fault of the service where nothing may be missing."""


class _Refused(KeyServiceDown):
    """400: the request, or what it is about, is not what the service expects."""


@dataclass
class TransitKeys:
    """Keys of the service at `url`, for the holder of `token`; `ca` is a file of authorities, or None."""

    url: str
    token: str = field(repr=False)
    ca: Path | None = None
    _mine: threading.local = field(default_factory=threading.local, repr=False)

    def create(self, name: str) -> None:
        """Make a key where there is none; raises KeyGone where one was destroyed."""
        if self._kept("gone", name)[1] is not None:
            raise KeyGone(f"{name} was destroyed")
        self._ask("POST", f"transit/keys/{address(name)}", _KEY)

    def wrap(self, name: str, plaintext: bytes, aad: bytes) -> bytes:
        """Wrap under the newest version; raises KeyGone."""
        self._latest(name)  # The service makes keys for tokens that may, when asked to encrypt with one.
        body = _texts(plaintext=plaintext, associated_data=aad)
        answer = self._of_key("POST", f"transit/encrypt/{address(name)}", name, body)
        return str(answer["ciphertext"]).encode()

    def unwrap(self, name: str, ciphertext: bytes, aad: bytes) -> bytes:
        """Unwrap under the version that is named; raises KeyGone and CannotUnwrap."""
        self._latest(name)
        body = {"ciphertext": _text(ciphertext), **_texts(associated_data=aad)}
        try:
            answer = self._of_key("POST", f"transit/decrypt/{address(name)}", name, body)
        except _Refused as problem:
            raise CannotUnwrap(str(problem)) from None
        return base64.b64decode(answer["plaintext"])

    def is_current(self, name: str, ciphertext: bytes) -> bool:
        """Tell whether the newest version wrapped this; raises KeyGone."""
        return ciphertext.startswith(f"vault:v{self._latest(name)}:".encode())

    def rotate(self, name: str) -> None:
        """Add a version; raises KeyGone."""
        self._latest(name)
        self._of_key("POST", f"transit/keys/{address(name)}/rotate", name)

    def retire(self, name: str) -> None:
        """Destroy every version but the newest; raises KeyGone."""
        latest, path = self._latest(name), f"transit/keys/{address(name)}"
        minimum = {"min_decryption_version": latest, "min_encryption_version": latest}
        self._of_key("POST", f"{path}/config", name, minimum)
        self._of_key("POST", f"{path}/trim", name, {"min_available_version": latest})

    def destroy(self, name: str) -> None:
        """Leave a tombstone, and delete the key with all its versions."""
        path = f"transit/keys/{address(name)}"
        self._keep("gone", name, lambda _: 1)
        try:
            self._ask("POST", f"{path}/config", {"deletion_allowed": True})
            self._ask("DELETE", path)
        except (_Missing, _Refused):
            if self._there(name):
                raise KeyServiceDown(f"the service keeps {name}") from None

    def exists(self, name: str) -> bool:
        """Tell whether there is such a key that was not destroyed."""
        return self._kept("gone", name)[1] is None and self._there(name)

    def advance(self, name: str, at_least: int | None = None) -> int:
        """Move a counter on, as the interface says."""
        return self._keep("count", name, lambda value: raised(value, at_least))

    def current(self, name: str) -> int:
        """Return a counter."""
        return self._kept("count", name)[1] or 0

    def _there(self, name: str) -> bool:
        try:
            self._ask("GET", f"transit/keys/{address(name)}")
        except _Missing:
            return False
        return True

    def _latest(self, name: str) -> int:
        if self._kept("gone", name)[1] is not None:
            raise KeyGone(f"{name} was destroyed")
        return int(self._of_key("GET", f"transit/keys/{address(name)}", name)["latest_version"])

    def _of_key(
        self, method: str, path: str, name: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        try:
            return self._ask(method, path, body)
        except _Missing:
            raise KeyGone(f"there is no key {name}") from None

    def _kept(self, kind: str, name: str) -> tuple[int, int | None]:
        """Return version and value of a number in the key-value engine; 0 and None where there is none."""
        try:
            answer = self._ask("GET", f"secret/data/visor/{kind}/{address(name)}")
        except _Missing:
            return 0, None
        return int(answer["metadata"]["version"]), int(answer["data"]["value"])

    def _keep(self, kind: str, name: str, change: Callable[[int], int]) -> int:
        """Change a number unless another process was faster; then look again."""
        until = time.monotonic() + CALL_SECONDS
        while time.monotonic() < until:
            version, before = self._kept(kind, name)
            value = change(before or 0)
            if value == before:
                return value
            body = {"options": {"cas": version}, "data": {"value": value}}
            try:
                self._ask("POST", f"secret/data/visor/{kind}/{address(name)}", body)
            except _Refused:
                continue
            return value
        raise KeyServiceDown(f"too many processes change {name}")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and return `data` of its answer, empty where it has none."""
        try:
            answer = self._session().request(
                method,
                f"{self.url}/v1/{path}",
                json=body,
                timeout=(_CONNECT_SECONDS, CALL_SECONDS - _CONNECT_SECONDS),
                allow_redirects=False,
            )
            return _data(answer)
        except (requests.RequestException, ValueError, KeyError) as problem:
            raise KeyServiceDown(f"the transit service: {type(problem).__name__}") from None

    def _session(self) -> requests.Session:
        found: requests.Session | None = getattr(self._mine, "session", None)
        if found is None:
            found = self._mine.session = requests.Session()
            found.trust_env = False  # No proxy of the environment sees what is wrapped.
            found.verify = str(self.ca) if self.ca else True
            found.headers["X-Vault-Token"] = self.token
        return found


def _data(answer: requests.Response) -> dict[str, Any]:
    if answer.status_code == 404:
        raise _Missing
    if answer.status_code == 403:
        raise NotAllowed("the transit service refuses this process's token")
    if answer.status_code == 400:
        raise _Refused(f"the transit service: {answer.text[:200]}")
    if answer.status_code not in {200, 204}:
        raise KeyServiceDown(f"the transit service answers {answer.status_code}")
    content: dict[str, Any] = answer.json() if answer.content else {}
    return content.get("data") or {}


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise CannotUnwrap("not a wrapped value") from None


def _texts(**values: bytes) -> dict[str, str]:
    return {name: base64.b64encode(value).decode() for name, value in values.items()}
