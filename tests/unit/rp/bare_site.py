"""A Django site of its own that has the partner's package, made of what rp/README.md tells it to write."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, ignore_patterns

from devtools.stack.services import free_port
from tests.unit.rp.provider import CLIENT_ID, CLIENT_SECRET
from tests.unit.rp.site import await_page

ROOT = Path(__file__).resolve().parents[3]
# What every Django site says for itself, before and after the README's settings.
_SETTINGS = """
{readme}
DEBUG = False
SECRET_KEY = "made up"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bare_urls"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", *INSTALLED_APPS[1:],
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *MIDDLEWARE[1:],
]
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}}]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {database!r}}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
OIDC_OP_ISSUER = {issuer!r}
OIDC_RP_CLIENT_ID, OIDC_RP_CLIENT_SECRET = {client!r}
"""
_URLS = """
import sys

from django.http import HttpResponse, JsonResponse
from django.urls import include, path

{urls}
{views}


def loaded(request):
    return JsonResponse(sorted({{name.partition(".")[0] for name in sys.modules}}), safe=False)


urlpatterns = [*urlpatterns[1:], path("loaded", loaded)]
urlpatterns += [path(name, globals()[name]) for name in ("members", "payment", "vault", "will", "statement")]
"""


class BareSite:
    """A fresh virtual environment with the package in it, and a folder for the site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.EnvBuilder(with_pip=False, symlinks=True).create(folder / "venv")
        self.python = folder / "venv" / "bin" / "python"

    @property
    def package(self) -> Path:
        """Where the package was installed to."""
        [found] = (self.folder / "venv" / "lib").glob("python*/site-packages/visor_client")
        return found

    def borrow(self) -> None:
        """Let it find what this environment has, Django and mozilla-django-oidc among it."""
        [packages] = (self.folder / "venv" / "lib").glob("python*/site-packages")
        (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")

    def install(self, *options: str) -> None:
        """Run `pip install ./rp` in it. Raises AssertionError with what pip said."""
        ignored = ignore_patterns("__pycache__", "build", "*.egg-info")
        copytree(ROOT / "rp", self.folder / "rp", ignore=ignored)
        self.run(
            sys.executable, "-m", "pip", f"--python={self.python}", "install", "--quiet", *options, "./rp"
        )

    def run(self, *command: str | Path) -> str:
        """Run a command in the folder, with nothing of this run's environment; return what it printed."""
        done = subprocess.run(
            [*map(str, command)], cwd=self.folder, env=self._environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def django(self, *arguments: str) -> str:
        """Run one of Django's commands with the site's settings."""
        return self.run(self.python, "-m", "django", *arguments, "--settings=bare_settings")

    def write(self, issuer: str) -> None:
        """Write settings and routes, of the README's own lines."""
        settings, urls, views = re.findall(r"```python\n(.*?)```", readme(), re.DOTALL)
        views = re.sub(r"(def (\w+)\(request\)): \.\.\.", r'\1: return HttpResponse("The page \2")', views)
        database, client = str(self.folder / "site.sqlite3"), (CLIENT_ID, CLIENT_SECRET)
        filled = _SETTINGS.format(readme=settings, database=database, issuer=issuer, client=client)
        (self.folder / "bare_settings.py").write_text(filled, encoding="utf-8")
        (self.folder / "bare_urls.py").write_text(_URLS.format(urls=urls, views=views), encoding="utf-8")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve the site while the block runs; yield its base URL."""
        port, log = free_port(), self.folder / "site.log"
        command = [
            self.python,
            "-m",
            "django",
            "runserver",
            "--noreload",
            "--settings=bare_settings",
            str(port),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*map(str, command)], cwd=self.folder, env=self._environment(), stdout=output, stderr=output
            )
        try:
            await_page(f"http://127.0.0.1:{port}/loaded", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PIP_INDEX_URL") if name in os.environ}
        return {**kept, "PYTHONPATH": str(self.folder)}


def readme() -> str:
    """Return what the package tells its users."""
    return (ROOT / "rp" / "README.md").read_text(encoding="utf-8")
