"""Starts the sides of benchmarks/provider.py and benchmarks/keycloak.py, and signs a person in at each."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import psycopg
import requests
from joserfc.jwk import RSAKey

from authsvc.limits.register import unlimited
from authsvc.tenancy.grants import MIGRATOR
from devtools.demo.run import ROOT, environment, prepare
from devtools.phone.sandbox import go
from devtools.stack.services import free_port
from devtools.stack.stack import as_user, own_database

REDIRECT_URI = "https://partner.example/callback"
SCOPE = "openid offline_access"
START_SECONDS = 60
# Two workers for two cores; every connection of the load is kept, and has a thread.
_GUNICORN = (
    *("--workers", "2", "--worker-class", "gthread", "--threads", "4"),
    *("--keep-alive", "60", "--no-control-socket"),
)
_VENV = ROOT / "build" / "bench-venv"
_VISOR = """
from authsvc.clients.services import register
from authsvc.oidc.offering.options import set_options
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import tenant_scope
import json
tenant = Tenant.objects.create(slug="bench", name="Bench", kind=Tenant.Kind.SANDBOX)
made = {}
with tenant_scope(tenant.id):
    set_options(sandbox_authenticator=True)
    for algorithm in ("RS256", "ES256"):
        party, secret = register(
            name=algorithm, redirect_uris=["https://partner.example/callback"], offline_access=True,
            scopes=["openid", "offline_access"], id_token_signed_response_alg=algorithm,
        )
        made[algorithm] = [party.client_id, secret]
print(json.dumps(made))
"""


@dataclass
class Side:
    """One running site: its clients by algorithm, and the cookies of a person who is signed in."""

    name: str
    port: int
    root: str
    clients: dict[str, tuple[str, str]] = field(default_factory=dict)
    cookie: str = ""
    redirect_uri: str = REDIRECT_URI
    scope: str = SCOPE
    metadata: dict[str, Any] = field(default_factory=dict)
    database: str = ""

    @property
    def discovery(self) -> str:
        """Where the metadata are."""
        return f"{self.root}.well-known/openid-configuration"


def started(folder: Path, stack: ExitStack) -> list[Side]:
    """Start every side for as long as `stack` is open."""
    toolkit = _toolkit(stack)
    # It does not say where it introspects.
    toolkit.metadata = {"introspection_endpoint": f"{toolkit.root}introspect/", **_metadata(toolkit)}
    return [product(folder, stack), toolkit, node_provider(stack), _empty(stack)]


def product(folder: Path, stack: ExitStack) -> Side:
    """Start Visor, its data in `folder`, and sign a person in by the sandbox's authenticator."""
    return signed_in(_visor(folder, stack), _through_the_sandbox)


def node_provider(stack: ExitStack) -> Side:
    """Start npm's oidc-provider, and sign a person in by the form that it has for development."""
    return signed_in(_node(stack), _through_dev_interactions)


def signed_in(side: Side, through: Callable[[requests.Session, Side, str], None]) -> Side:
    """Read a side's metadata, and keep the cookies of a browser that signs in at each client by `through`."""
    side.metadata = _metadata(side)
    _sign_in(side, through)
    return side


def _metadata(side: Side) -> dict[str, Any]:
    said: dict[str, Any] = requests.get(side.discovery, timeout=30).json()
    return said


def analyse(sides: Iterable[Side]) -> None:
    """Let the databases count what their tables hold, as a server does by itself within its first minute."""
    for url in {side.database for side in sides} - {""}:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ANALYZE")


def _visor(folder: Path, stack: ExitStack) -> Side:
    port = free_port()
    own = {"VISOR_DATA_DIR": str(folder), "VISOR_PORT": str(port)}
    own["VISOR_DATABASE_URL"] = database_of_its_own(stack)
    if counters := os.environ.get("VISOR_TEST_REDIS_URL"):
        own["VISOR_CACHE_URL"] = counters  # as in production
    env = environment({**clean(), "VISOR_LIMITS": unlimited(), **own})
    prepare(env)
    made = _said([sys.executable, "manage.py", "shell", "--no-imports", "--command", _VISOR], env)
    serve(stack, _django("benchmarks.sides.visor", port), {**env, "VISOR_ROLES": "web"}, port)
    root = f"{env['VISOR_BASE_URL']}/t/bench/"
    database = as_user(own["VISOR_DATABASE_URL"], MIGRATOR)
    return Side("Visor", port, root, _pairs(made), database=database)


def _toolkit(stack: ExitStack) -> Side:
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    env = {
        **clean(),
        "BENCH_DATABASE_URL": as_user(database_of_its_own(stack), MIGRATOR),
        "BENCH_KEY": secrets.token_hex(),
        "BENCH_RSA_KEY": RSAKey.generate_key(3072).as_pem(private=True).decode(),
        "BENCH_BASE_URL": root,
        "BENCH_REDIRECT_URI": REDIRECT_URI,
    }
    python = _toolkit_python()
    made = _said([python, "-m", "benchmarks.sides.toolkit"], env)
    serve(stack, _django("benchmarks.sides.toolkit", port, python=python), env, port)
    database, clients = env["BENCH_DATABASE_URL"], _pairs(made["clients"])
    return Side("django-oauth-toolkit", port, f"{root}/o/", clients, made["cookie"], database=database)


def _node(stack: ExitStack) -> Side:
    port = free_port()
    clients = {name: (name, secrets.token_hex()) for name in ("RS256", "ES256")}
    script = str(ROOT / "benchmarks" / "sides" / "node_provider.mjs")
    serve(stack, ["node", script, str(port), REDIRECT_URI, json.dumps(clients)], clean(), port)
    return Side("oidc-provider", port, f"http://127.0.0.1:{port}/", clients)


def _empty(stack: ExitStack) -> Side:
    port = free_port()
    serve(stack, _django("benchmarks.sides.empty", port), clean(), port)
    return Side("Django", port, f"http://127.0.0.1:{port}/")


def _django(module: str, port: int, *, python: str = sys.executable) -> list[str]:
    return [python, "-m", "gunicorn", f"{module}:application", *_GUNICORN, "--bind", f"127.0.0.1:{port}"]


def _toolkit_python() -> str:
    """Return the interpreter of the environment for django-oauth-toolkit, which is made at its first use."""
    python = _VENV / "bin" / "python"
    if not (_VENV / ".ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(_VENV)], check=True)
        lock = str(ROOT / "benchmarks" / "requirements.lock")
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", lock],
            check=True,
        )
        (_VENV / ".ready").touch()
    return str(python)


def database_of_its_own(stack: ExitStack) -> str:
    """Return the URL of an empty database, without a user, that is there while `stack` is open."""
    url = stack.enter_context(own_database())
    if url is None:
        raise RuntimeError("this needs PostgreSQL: python -m devtools.stack.services -- python -m benchmarks")
    return url


def clean() -> dict[str, str]:
    """Return this environment without what settings of ours are read from."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VISOR_", "PARTNER_", "DJANGO_"))
    }


def _said(command: list[str], env: Mapping[str, str]) -> Any:
    done = subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _pairs(made: Mapping[str, list[str]]) -> dict[str, tuple[str, str]]:
    return {algorithm: (found[0], found[1]) for algorithm, found in made.items()}


def serve(
    stack: ExitStack, command: list[str], env: Mapping[str, str], port: int, *, seconds: float = START_SECONDS
) -> None:
    """Run a server while `stack` is open; raises RuntimeError where its port does not answer in time."""
    stack.enter_context(_serving(command, env, port, seconds))


@contextmanager
def _serving(command: list[str], env: Mapping[str, str], port: int, seconds: float) -> Iterator[None]:
    server = subprocess.Popen(
        command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + seconds
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"does not start: {command}")
            time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(port: int) -> bool:
    try:
        requests.get(f"http://127.0.0.1:{port}/", timeout=2, allow_redirects=False)
    except requests.RequestException:
        return False
    return True


def _sign_in(side: Side, through: Callable[[requests.Session, Side, str], None]) -> None:
    browser = requests.Session()
    for client_id, _secret in side.clients.values():
        through(browser, side, client_id)
    kept = [cookie for cookie in browser.cookies if not cookie.name.startswith("_interaction")]
    side.cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in kept)


def address(side: Side, client_id: str) -> str:
    """Return where a side's client sends a browser to sign in."""
    query = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": side.redirect_uri,
        "scope": side.scope,
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    prepared = requests.Request("GET", side.metadata["authorization_endpoint"], params=query).prepare()
    return str(prepared.url)


def _through_the_sandbox(browser: requests.Session, side: Side, client_id: str) -> None:
    answer = go(address(side, client_id), side.redirect_uri, browser=browser)
    if "code=" not in answer:
        raise RuntimeError(f"no code: {answer}")


def _through_dev_interactions(browser: requests.Session, side: Side, client_id: str) -> None:
    answer = browser.get(address(side, client_id), allow_redirects=False, timeout=10)
    for _ in range(10):
        if location := answer.headers.get("Location"):
            if location.startswith(side.redirect_uri):
                return
            answer = browser.get(urljoin(answer.url, location), allow_redirects=False, timeout=10)
            continue
        action = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
        if not (action and prompt):
            raise RuntimeError(f"{answer.status_code} at {answer.url}: {answer.text[:300]}")
        form = {"prompt": prompt[1], "login": "person", "password": "any"}
        answer = browser.post(urljoin(answer.url, action[1]), form, allow_redirects=False, timeout=10)
    raise RuntimeError(f"no end at {answer.url}")
