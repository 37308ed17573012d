"""The partner site as its own process, and a browser that visits it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from joserfc.jwk import ECKey

from devtools.stack.services import free_port
from tests.unit.rp.provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, id_claims, signed

START_SECONDS = 30


@contextmanager
def running_site(
    data_dir: Path,
    issuer: str,
    *,
    port: int | None = None,
    client: tuple[str, str] = (CLIENT_ID, CLIENT_SECRET),
) -> Iterator[str]:
    """Serve the site from an empty data directory while the block runs; yield its base URL."""
    port = port or free_port()
    base_url = f"http://127.0.0.1:{port}"
    own = {
        "VISOR_DATA_DIR": str(data_dir),
        "PARTNER_ISSUER": issuer,
        "PARTNER_CLIENT_ID": client[0],
        "PARTNER_CLIENT_SECRET": client[1],
        "PARTNER_BASE_URL": base_url,
        "PARTNER_LIVENESS": str(_liveness(data_dir, issuer)),
    }
    command = [sys.executable, "-m", "gunicorn", "rp.demo.wsgi", "--no-control-socket", "--threads", "2"]
    with (data_dir / "site.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}"], env={**os.environ, **own}, stdout=log, stderr=log
        )
        try:
            await_page(f"{base_url}/healthz", process, data_dir / "site.log")
            yield base_url
        finally:
            process.terminate()
            process.wait(timeout=20)


def _liveness(data_dir: Path, issuer: str) -> Path:
    """Return the file that says how the provider's liveness service knows the site."""
    key = ECKey.generate_key("P-256", {"kid": "liveness"}).as_dict(private=True)
    path = data_dir / "liveness.json"
    known = {"issuer": issuer, "client_id": "presence", "key": key}
    path.write_text(json.dumps(known), encoding="utf-8")
    return path


def await_page(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a page answers; raises AssertionError with the log where none does."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))


@dataclass
class Member:
    """A browser at the site, and the provider's part in its sign-ins."""

    base_url: str
    provider: FakeProvider
    http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str) -> requests.Response:
        """Fetch a page without following where it leads."""
        return self.http.get(self.base_url + path, allow_redirects=False, timeout=10)

    def asked(self, path: str) -> dict[str, str]:
        """Open a guarded page and return the authorization request that it leads to."""
        to_client = self.get(path)
        assert to_client.status_code == 302
        to_provider = self.get(to_client.headers["Location"]).headers["Location"]
        assert to_provider.startswith(f"{self.provider.issuer}authorize?")
        return dict(parse_qsl(urlsplit(to_provider).query))

    def answer(self, asked: dict[str, str], token: str = "", **changes: str | None) -> requests.Response:
        """Come back from the provider with a code for `token`; a change to None leaves a parameter out."""
        code = f"code-{asked['state']}"
        self.provider.issue(code, token or self.token(asked), asked)
        query = {"code": code, "state": asked["state"], "iss": self.provider.issuer, **changes}
        url = f"{self.base_url}/oidc/callback/"
        return self.http.get(url, params=query, allow_redirects=False, timeout=10)

    def token(self, asked: dict[str, str], **changes: Any) -> str:
        """Return an ID token for a request."""
        return signed(id_claims(self.provider.issuer, **{"nonce": asked["nonce"], **changes}))

    def sign_in(self, path: str = "/members", **changes: Any) -> requests.Response:
        """Go through a whole sign-in with changed ID token claims; return the callback's answer."""
        asked = self.asked(path)
        return self.answer(asked, self.token(asked, **changes))

    def post(self, path: str, page: str) -> requests.Response:
        """Post the form of a page."""
        self.get(page)
        form = {"csrfmiddlewaretoken": self.http.cookies["harbour-csrf"]}
        return self.http.post(self.base_url + path, data=form, allow_redirects=False, timeout=10)

    def claims(self) -> dict[str, Any] | None:
        """Return the claims of the session, None without one."""
        response = self.get("/whoami.json")
        return response.json() if response.ok else None
