"""The lines that a relying party's page shows, run as they stand there: each signs a person in.

What is added is what a site of anybody has already: a project, a web server, a bundler.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree
from threading import Thread

import pytest
import requests
from playwright.sync_api import Page, expect

from devtools.phone.sandbox import go
from devtools.stack.services import free_port
from portal.relying_parties.quickstart import CLIENTS
from tests.journeys.clients import apache
from tests.journeys.clients.conftest import Provider

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[3]
SHOWN = """
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from portal.relying_parties.quickstart import snippets
party, secret = register(
    name="Of the page", redirect_uris=[{uri!r}], scopes=["openid", "email"], floor_level="L2",
    token_endpoint_auth_method={method!r},
)
party.refresh_from_db()
print(json.dumps([secret, {{each.file: each.text for each in snippets(tenant, party)}}]))
"""
SITE = """
import os
from pathlib import Path

SECRET_KEY = "{key}"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).with_name("db")}}}}
ROOT_URLCONF = "site_urls"
USE_TZ = True
"""


@dataclass(frozen=True)
class Shown:
    """What the page of a relying party shows, and its secret."""

    secret: str | None
    texts: dict[str, str]


def shown(provider: Provider, uri: str, method: str = "client_secret_basic") -> Shown:
    """Register a relying party that returns to an address, and return what its page shows."""
    told = provider.stack.python(SHOWN.format(uri=uri, method=method), tenant="conformance")
    return Shown(*told)


@contextmanager
def serving(command: list[str], url: str, folder: Path, secret: str | None, **more: str) -> Iterator[None]:
    """Run a site until the block ends; it has answered by then. Raises AssertionError."""
    env = {**os.environ, **more, "VISOR_CLIENT_SECRET": secret or "", "PYTHONPATH": str(folder)}
    log = folder / "log"
    with log.open("wb") as out:
        site = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert site.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            try:
                requests.get(f"{url}/nothing-here", timeout=5, allow_redirects=False)
                break
            except requests.RequestException:
                time.sleep(0.2)
        yield
    finally:
        site.terminate()
        site.wait(timeout=15)


def django_site(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Write a Django project down, and return the command that runs it."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    own = {"DJANGO_SETTINGS_MODULE": "site_settings", "PYTHONPATH": str(folder), "VISOR_CLIENT_SECRET": ""}
    env = {**os.environ, **own}
    subprocess.run(
        [sys.executable, "-m", "django", "migrate"], cwd=folder, env=env, check=True, capture_output=True
    )
    return [sys.executable, "-m", "gunicorn", "--threads", "4", "site_wsgi"]


WSGI = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"


def signed_in(url: str, start: str, callback: str, browser: requests.Session) -> requests.Response:
    """Go from the site to the provider and back, and return what the site says at its callback."""
    begun = browser.get(f"{url}{start}", allow_redirects=False, timeout=30)
    answer = go(begun.headers["Location"], callback, browser=browser)
    return browser.get(answer, timeout=30)


def test_every_snippet_that_is_called_tested_has_its_test() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [client.name for client in CLIENTS if client.run and f'texts["{client.file}"]' not in here] == []


def test_authlib(provider: Provider, tmp_path: Path) -> None:
    url = f"http://localhost:{free_port()}"
    page = shown(provider, f"{url}/callback")
    files = {
        "site_settings.py": SITE.format(key="a" * 50),
        "site_views.py": page.texts["authlib"],
        "site_urls.py": "from django.urls import path\nimport site_views as views\n"
        "urlpatterns = [path('start', views.sign_in), path('callback', views.callback)]\n",
        "site_wsgi.py": WSGI,
    }
    command = [*django_site(tmp_path, files), "--bind", url.removeprefix("http://")]
    with serving(command, url, tmp_path, page.secret, DJANGO_SETTINGS_MODULE="site_settings"):
        said = signed_in(url, "/start", f"{url}/callback", requests.Session())
    assert said.json()["acr"] == "urn:visor:L2", said.text


def test_mozilla_django_oidc(provider: Provider, tmp_path: Path) -> None:
    url = f"http://localhost:{free_port()}"
    page = shown(provider, f"{url}/oidc/callback/")
    copytree(ROOT / "rp" / "client", tmp_path / "visor_client")
    files = {
        "site_settings.py": SITE.format(key="b" * 50) + page.texts["mozilla_django_oidc"],
        "site_urls.py": "from django.http import JsonResponse\nfrom django.urls import include, path\n"
        "def home(request):\n"
        "    user = request.user\n"
        "    return JsonResponse({'in': user.is_authenticated, 'email': getattr(user, 'email', '')})\n"
        "urlpatterns = [path('', home), path('oidc/', include('visor_client.urls'))]\n",
        "site_wsgi.py": WSGI,
    }
    command = [*django_site(tmp_path, files), "--bind", url.removeprefix("http://")]
    with serving(command, url, tmp_path, page.secret, DJANGO_SETTINGS_MODULE="site_settings"):
        said = signed_in(url, "/oidc/authenticate/", f"{url}/oidc/callback/", requests.Session())
    assert said.json() == {"in": True, "email": "test-person-1@test.example"}, said.text


@pytest.mark.needs("node")
def test_openid_client(provider: Provider, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://localhost:{port}"
    page = shown(provider, f"{url}/callback")
    (tmp_path / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    (tmp_path / "server.mjs").write_text(page.texts["openid_client"], encoding="utf-8")
    with serving(["node", "server.mjs"], url, tmp_path, page.secret, PORT=str(port)):
        said = signed_in(url, "/", f"{url}/callback", requests.Session())
    assert said.json()["acr"] == "urn:visor:L2", said.text


@pytest.mark.browser
@pytest.mark.needs("node")
def test_oidc_client_ts(provider: Provider, tmp_path: Path, page: Page) -> None:
    (tmp_path / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    folder = tmp_path / "site"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        url = f"http://localhost:{server.server_address[1]}/index.html"
        told = shown(provider, url, "none")
        (tmp_path / "page.mjs").write_text(told.texts["oidc_client_ts"], encoding="utf-8")
        bundle = ["--bundle", "--format=esm", f"--outfile={folder / 'page.js'}"]
        program = ROOT / "node_modules" / ".bin" / "esbuild"
        subprocess.run([program, tmp_path / "page.mjs", *bundle], check=True, capture_output=True)
        page_of_it = '<!doctype html><body><script type="module" src="page.js"></script>'
        (folder / "index.html").write_text(page_of_it)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            page.goto(url)
            page.locator("#sandbox-continue").click()
            page.wait_for_url(f"{url}?**")
            expect(page.locator("body")).to_contain_text("at urn:visor:L2", timeout=30_000)
        finally:
            server.shutdown()


@pytest.mark.browser
@pytest.mark.needs("apache")
def test_mod_auth_openidc(
    provider: Provider, tmp_path: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = apache.site_url()
    told = shown(provider, f"{url}/callback")
    monkeypatch.setenv("VISOR_CLIENT_SECRET", told.secret or "")
    monkeypatch.setenv("VISOR_PASSPHRASE", "a pass phrase of the tests")
    with apache.serving_lines(tmp_path, url=url, lines=told.texts["mod_auth_openidc"]):
        page.goto(f"{url}/members")
        page.locator("#sandbox-continue").click()
        expect(page.get_by_text("The page members")).to_be_visible()
