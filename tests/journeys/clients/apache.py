"""An Apache of one's own with mod_auth_openidc, from a folder of one's own and on a free port."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from devtools.stack.services import free_port, unprivileged_user

_START_SECONDS = 20
# The role that the web server drops to where it was started by root.
_USER = "User {user}\nGroup #{group}\n"
_SERVER = """
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
Mutex file:{folder} default
ErrorLog {folder}/error.log
LogLevel warn
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule headers_module {modules}/mod_headers.so
LoadModule mime_module {modules}/mod_mime.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so
TypesConfig /dev/null
ServerLimit 1
ThreadsPerChild 10
MaxRequestWorkers 10
DocumentRoot {folder}/site
"""
_CONFIGURATION = """OIDCProviderMetadataURL {issuer}.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {client_secret}
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRedirectURI {url}/callback
OIDCCryptoPassphrase {passphrase}
OIDCPKCEMethod S256
OIDCScope "openid profile email"
OIDCRemoteUserClaim sub
OIDCCookieSameSite On

<Location />
  Require all granted
</Location>
<Location /callback>
  AuthType openid-connect
  Require valid-user
</Location>
<Location /members>
  AuthType openid-connect
  Require claim acr:urn:visor:L2
  Header set X-Email "%{{OIDC_CLAIM_email}}e"
</Location>
<Location /board>
  AuthType openid-connect
  Require claim email:nobody@test.example
</Location>
<Location /vault>
  AuthType openid-connect
  OIDCPathAuthRequestParams {face}
  <RequireAll>
    Require claim acr:urn:visor:L2
    Require claim amr:face
  </RequireAll>
  Header set X-Amr "%{{OIDC_CLAIM_amr}}e"
  Header set X-Presence "%{{OIDC_CLAIM_presence}}e"
</Location>
<Location /tower>
  AuthType openid-connect
  OIDCPathAuthRequestParams {unreachable}&response_mode=form_post
  Require claim acr:urn:visor:L4
</Location>
"""
# By page, what it demands beside a name: essential claims of the ID token.
_FACE = {"acr": {"values": ["urn:visor:L2"]}, "amr": {"values": ["face"]}, "presence": {}}
_UNREACHABLE = {"acr": {"values": ["urn:visor:L4"]}}


def _demand(claims: Mapping[str, Mapping[str, object]]) -> str:
    """Return the parameter for a line of the configuration; the module takes a plus sign for itself."""
    essential = {name: {"essential": True, **rest} for name, rest in claims.items()}
    return urlencode({"claims": json.dumps({"id_token": essential})}, quote_via=quote)


@dataclass(frozen=True)
class Apache:
    """A running web server with one open page and protected ones."""

    url: str
    folder: Path

    def log(self) -> str:
        """What it complained about."""
        return (self.folder / "error.log").read_text(encoding="utf-8", errors="replace")


def site_url() -> str:
    """Return an address for a server to come, so that it can be registered before."""
    return f"http://127.0.0.1:{free_port()}"


@contextlib.contextmanager
def serving(folder: Path, *, url: str, issuer: str, client_id: str, client_secret: str) -> Iterator[Apache]:
    """Run the server while the block runs. Raises AssertionError where it does not start."""
    lines = _CONFIGURATION.format(
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret,
        url=url,
        face=_demand(_FACE),
        unreachable=_demand(_UNREACHABLE),
        passphrase=secrets.token_hex(16),
    )
    with serving_lines(folder, url=url, lines=lines) as server:
        yield server


@contextlib.contextmanager
def serving_lines(folder: Path, *, url: str, lines: str) -> Iterator[Apache]:
    """Run a server with these lines of configuration, as `serving` does."""
    program = shutil.which("apache2", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program
    for name in ("index", "members", "board", "vault", "tower"):
        page = folder / "site" / name
        page.parent.mkdir(exist_ok=True)
        page.write_text(f"The page {name}\n", encoding="utf-8")
    user = unprivileged_user() and "nobody"
    settings = {
        "folder": folder,
        "port": url.rsplit(":", 1)[1],
        "modules": "/usr/lib/apache2/modules",
        "user": _USER.format(user=user, group=65534) if user else "",
    }
    (folder / "httpd.conf").write_text(_SERVER.format(**settings) + lines, encoding="utf-8")
    if user:
        shutil.chown(folder, user)
        for parent in folder.parents[:3]:
            parent.chmod(parent.stat().st_mode | 0o011)
    server = subprocess.Popen(
        [program, "-f", str(folder / "httpd.conf"), "-DFOREGROUND"], stderr=subprocess.PIPE, text=True
    )
    try:
        _await(server, folder)
        yield Apache(url, folder)
    finally:
        server.terminate()
        server.communicate(timeout=15)


def _await(server: subprocess.Popen[str], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not (folder / "pid").exists():
        assert server.poll() is None, server.communicate()[1]
        assert time.monotonic() < deadline, "Apache does not start"
        time.sleep(0.05)
