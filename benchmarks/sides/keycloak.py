"""Keycloak, from Maven Central: fetched by name, version and hash, and started with a realm of its own.

Fetched and unpacked once, into build/keycloak. It runs as for production (`start --optimized`, PostgreSQL,
caches of one node), with nothing that costs it time and is off by default; keys of 3072 bits, as ours.
"""

import hashlib
import json
import re
import secrets
import shutil
import subprocess
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
from requests.cookies import cookiejar_from_dict

from authsvc.tenancy.grants import MIGRATOR
from benchmarks.serving import REDIRECT_URI, Side, address, clean, database_of_its_own, serve, signed_in
from devtools.demo.run import ROOT
from devtools.stack.services import free_port
from devtools.stack.stack import as_user

VERSION: Final = "26.7.3"
SHA256: Final = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
_NAME: Final = f"keycloak-quarkus-dist-{VERSION}.zip"
_FETCH: Final = (
    *("mvn", "--batch-mode", "--quiet", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"),
    *(f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip", "-Dmdep.useBaseVersion=true"),
)
_BUILD: Final = ("--db=postgres", "--cache=local")
FOLDER: Final = ROOT / "build" / "keycloak"
# Tables are made at the first start; then a minute is little on a machine that has other work.
START_SECONDS: Final = 300
REALM: Final = "bench"


class Missing(Exception):
    """Keycloak cannot be had or run here; the message says why."""


def keycloak(folder: Path, stack: ExitStack) -> Side:
    """Start it with a database of its own on the run's PostgreSQL, and sign a person in by its form.

    Its files are copied to `folder`. Raises Missing, and RuntimeError where it does not start.
    """
    home = _installed(folder)
    clients = {algorithm: (algorithm, secrets.token_urlsafe(24)) for algorithm in ("RS256", "ES256")}
    password = secrets.token_urlsafe(16)
    realm = home / "data" / "import" / f"{REALM}.json"
    realm.parent.mkdir(parents=True)
    realm.write_text(json.dumps(_realm(clients, password)), encoding="utf-8")
    port, url = free_port(), database_of_its_own(stack)
    database = urlsplit(url)
    env = {
        **clean(),
        "KC_DB_URL": f"jdbc:postgresql://{database.hostname}:{database.port}{database.path}",
        "KC_DB_USERNAME": MIGRATOR,
        "KC_DB_PASSWORD": "none",  # the throw-away server asks for none
        "KC_HTTP_ENABLED": "true",
        "KC_HTTP_HOST": "127.0.0.1",
        "KC_HTTP_PORT": str(port),
        "KC_HOSTNAME": f"http://127.0.0.1:{port}",
        "KC_LOG_LEVEL": "warn",
    }
    command = [str(home / "bin" / "kc.sh"), "start", "--optimized", "--import-realm"]
    serve(stack, command, env, port, seconds=START_SECONDS)
    # Its refresh tokens need no scope; one that outlives the session costs it more.
    root = f"http://127.0.0.1:{port}/realms/{REALM}/"
    side = Side("Keycloak", port, root, clients, scope="openid", database=as_user(url, MIGRATOR))

    def through(browser: requests.Session, side: Side, client_id: str) -> None:
        _through_the_form(browser, side, client_id, password)

    return signed_in(side, through)


def _installed(folder: Path) -> Path:
    """Return a copy in `folder` of the distribution, set up for PostgreSQL; raises Missing."""
    if shutil.which("java") is None:
        raise Missing("Java is missing, so Keycloak does not run here")
    ready = FOLDER / f"keycloak-{VERSION}"
    if not (FOLDER / ".ready").exists():
        shutil.unpack_archive(_fetched(), FOLDER)
        script = ready / "bin" / "kc.sh"
        script.chmod(0o755)  # an archive of this kind is unpacked without modes
        subprocess.run([str(script), "build", *_BUILD], env=clean(), check=True, stdout=subprocess.DEVNULL)
        (FOLDER / ".ready").touch()
    return Path(shutil.copytree(ready, folder / "keycloak", symlinks=True))


def _fetched() -> Path:
    archive = FOLDER / _NAME
    if not archive.exists():
        if shutil.which("mvn") is None:
            raise Missing(f"Maven is missing, and {_NAME} does not lie in {FOLDER}")
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [*_FETCH, f"-DoutputDirectory={FOLDER}"]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise Missing(f"Maven did not bring {_NAME}: {done.stdout[-500:]}")
    with archive.open("rb") as read:
        if hashlib.file_digest(read, "sha256").hexdigest() != SHA256:
            raise RuntimeError(f"{archive} is not what was reviewed: its hash is another one")
    return archive


def _realm(clients: dict[str, tuple[str, str]], password: str) -> dict[str, Any]:
    """Return the realm to import: two clients, of which each has its own algorithm, and a person."""
    curve = "P-256"
    return {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "none",
        "clients": [_client(algorithm, *pair) for algorithm, pair in clients.items()],
        "users": [
            {
                "username": "person",
                "enabled": True,
                "email": "person@demo.example",
                "emailVerified": True,
                "firstName": "A",
                "lastName": "Person",
                "credentials": [{"type": "password", "value": password}],
            }
        ],
        "components": {
            "org.keycloak.keys.KeyProvider": [
                {"name": "rsa", "providerId": "rsa-generated", "config": _key(keySize="3072")},
                {
                    "name": "ec",
                    "providerId": "ecdsa-generated",
                    "config": _key(ecdsaEllipticCurveKey=curve),
                },
                {"name": "hmac", "providerId": "hmac-generated", "config": _key(algorithm="HS512")},
                {"name": "aes", "providerId": "aes-generated", "config": _key()},
            ]
        },
    }


def _client(algorithm: str, client_id: str, secret: str) -> dict[str, Any]:
    return {
        "clientId": client_id,
        "secret": secret,
        "redirectUris": [REDIRECT_URI],
        "attributes": {
            "access.token.signed.response.alg": algorithm,
            "id.token.signed.response.alg": algorithm,
            "pkce.code.challenge.method": "S256",
        },
    }


def _key(**config: str) -> dict[str, list[str]]:
    return {name: [value] for name, value in {"priority": "100", **config}.items()}


def _through_the_form(browser: requests.Session, side: Side, client_id: str, password: str) -> None:
    answer = browser.get(address(side, client_id), allow_redirects=False, timeout=30)
    if action := re.search(r'action="([^"]*login-actions/authenticate[^"]*)"', answer.text):
        _let_go_over_http(browser)
        form = {"username": "person", "password": password}
        where = urljoin(answer.url, unescape(action[1]))
        answer = browser.post(where, form, allow_redirects=False, timeout=30)
    _let_go_over_http(browser)
    if "code=" not in answer.headers.get("Location", ""):
        raise RuntimeError(f"{answer.status_code} at {answer.url}: {answer.text[:300]}")


def _let_go_over_http(browser: requests.Session) -> None:
    """Keep what cookies say and not that they are for HTTPS, as a browser does on the machine itself."""
    said = {cookie.name: cookie.value for cookie in browser.cookies if cookie.value}
    browser.cookies = cookiejar_from_dict(said)
