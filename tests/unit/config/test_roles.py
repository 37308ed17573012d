"""What a process is made of: its roles' parts and nothing of the others', in processes of their own."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from config import roles, secrets
from tests.unit.config.process import production, python

LIST = """
import json
from django.conf import settings
print(json.dumps([settings.INSTALLED_APPS, settings.MIDDLEWARE, sorted(settings.SECRETS)]))
"""
# What Celery does before it works: Django's checks of everything, the tasks of the process.
START = """
import json, sys
import django
django.setup()
from django.core.checks import run_checks
from django.urls import get_resolver
from config.celery import app
problems = [str(problem) for problem in run_checks()]
routes = len(get_resolver().url_patterns)
app.loader.import_default_modules()
tasks = sorted({name.split(".tasks.")[0] for name in app.tasks if ".tasks." in name})
print(json.dumps([problems, routes, tasks, sorted({name.split(".")[0] for name in sys.modules})]))
"""
MANAGE = "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"
# What a site answers to whoever asks for these paths; nobody is signed in.
ASK = """
import json, sys
from django.test import Client
from config.wsgi import application
from authsvc.tenancy.models import Tenant
Tenant.objects.get_or_create(slug="acme", defaults={"name": "Acme"})
browser = Client(raise_request_exception=False)
print(json.dumps([browser.get(path, headers={"Host": "localhost"}).status_code for path in sys.argv[1:]]))
"""
PATHS = {
    "/healthz": {"web": 200, "portal": 200},
    "/t/acme/.well-known/openid-configuration": {"web": 200, "portal": 404},
    "/t/acme/jwks": {"web": 200, "portal": 404},
    "/t/acme/authorize": {"web": 400, "portal": 404},
    "/t/acme/token": {"web": 405, "portal": 404},
    "/t/acme/enrol/none/": {"web": 404, "portal": 404},
    "/t/nowhere/jwks": {"web": 404, "portal": 404},
    "/portal/": {"web": 404, "portal": 302},
    "/portal/acme/": {"web": 404, "portal": 302},
    "/account/login/": {"web": 404, "portal": 200},
    "/static/css/visor.css": {"web": 200, "portal": 200},
}
# What only the portal has of Django's own and of other people's.
PORTAL_ONLY = {"django.contrib.auth", "django.contrib.sessions", "django.contrib.messages", "allauth"}
PLAYED: list[list[roles.Role]] = [["web"], ["provider"], ["worker"], ["portal"], []]


def parts(names: Sequence[str], package: str) -> list[str]:
    return [name for name in names if name.split(".")[0] == package]


@pytest.mark.requirement("SA-02")
@pytest.mark.parametrize("played", PLAYED, ids=",".join)
def test_production_installs_no_tool_of_developers(tmp_path: Path, played: list[roles.Role]) -> None:
    done = python(LIST, **production(tmp_path, *played))
    apps, middleware, _keys = json.loads(done.stdout)
    assert parts([*apps, *middleware], "devtools") == []
    assert (apps, middleware) == (roles.apps(played), roles.middleware(played))


@pytest.mark.parametrize("environment", ["local", "test"])
def test_one_machine_installs_everything(tmp_path: Path, environment: str) -> None:
    done = python(LIST, VISOR_ENVIRONMENT=environment, VISOR_DATA_DIR=str(tmp_path))
    apps = json.loads(done.stdout)[0]
    tools = parts(apps, "devtools")
    assert {"devtools.laboratory", "devtools.phone", "devtools.demo", "devtools.conformance"} <= set(tools)
    assert [name for name in apps if name not in tools] == [name for name, _whose in roles.APPS]


@pytest.mark.requirement("S6.1-01")
@pytest.mark.parametrize("role", ["web", "provider", "worker"])
def test_without_the_portal_no_part_of_it_is_installed(role: roles.Role) -> None:
    names = [*roles.apps([role]), *roles.middleware([role]), *roles.context_processors([role])]
    assert parts(names, "portal") == []
    assert [name for name in names if name.startswith(tuple(PORTAL_ONLY))] == []
    assert [module for _prefix, module in roles.routes([role]) if module.startswith("portal")] == []


@pytest.mark.requirement("S6.1-01")
def test_a_command_sees_every_part_and_holds_nothing(tmp_path: Path) -> None:
    assert roles.apps([]) == [name for name, _whose in roles.APPS]
    assert roles.task_packages([]) == []
    done = python(LIST, **production(tmp_path, written=False))
    apps, _middleware, keys = json.loads(done.stdout)
    assert keys == []
    assert "portal.accounts" in apps
    assert "authsvc.biometrics" in apps


@pytest.mark.requirement("S6.1-01")
@pytest.mark.parametrize(
    ("role", "tasks"),
    [
        ("web", []),
        ("provider", [f"authsvc.{room}" for room in ("audit", "capture", "delivery", "management", "oidc")]),
        ("worker", ["authsvc.biometrics"]),
        ("portal", ["portal.people"]),
    ],
)
def test_a_process_of_one_role_starts(tmp_path: Path, role: roles.Role, tasks: list[str]) -> None:
    done = python(START, VISOR_ROLES=role, VISOR_ENVIRONMENT="test", VISOR_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    problems, routes, loaded_tasks, loaded = json.loads(done.stdout)
    assert problems == []
    assert routes == 2 + len(roles.routes([role]))
    assert loaded_tasks == tasks
    assert ("portal" in loaded, "allauth" in loaded) == (role == "portal", role == "portal")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with secrets and every table."""
    folder = tmp_path_factory.mktemp("site")
    secrets.write(folder / "secrets.json", secrets.generate())
    done = python(MANAGE, "migrate", "--verbosity", "0", VISOR_DATA_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.requirement("S6.1-01")
@pytest.mark.parametrize("role", ["web", "portal"])
def test_a_site_of_one_role_answers_for_its_own_paths_alone(prepared: Path, role: str) -> None:
    done = python(ASK, *PATHS, VISOR_ROLES=role, VISOR_DATA_DIR=str(prepared))
    assert done.returncode == 0, done.stderr
    answered = dict(zip(PATHS, json.loads(done.stdout), strict=True))
    assert answered == {path: expected[role] for path, expected in PATHS.items()}


def test_no_migration_leaves_tables_out(prepared: Path) -> None:
    done = python(MANAGE, "migrate", VISOR_ROLES="worker", VISOR_DATA_DIR=str(prepared))
    assert done.returncode != 0
    assert "worker has not all tables: migrate without VISOR_ROLES" in done.stderr


@pytest.mark.requirement("S9.4-10")
def test_a_new_production_site_makes_its_secrets_itself(tmp_path: Path) -> None:
    told = production(tmp_path, written=False)
    done = python(MANAGE, "generate_secrets", "--split", str(tmp_path / "split"), **told)
    assert done.returncode == 0, done.stderr
    told["VISOR_SECRETS_FILE"] = str(tmp_path / "split" / "worker.json")
    done = python(LIST, **{**told, "VISOR_ROLES": "worker"})
    own = [
        "receiving_public_key_web",
        *(f"seal_public_key_{role}" for role in sorted(secrets.SEALING)),
        "task_private_key_worker",
        *(f"task_public_key_{role}" for role in sorted(roles.ROLES)),
    ]
    known = ["vault_kek", "verdict_private_key", "verdict_public_key"]
    log = ["checkpoint_public_key", "key_store", "log_key_worker"]
    assert json.loads(done.stdout)[2] == [*log, *own, *known], done.stderr
