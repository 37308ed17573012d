"""What compose.yaml and the chart tell each process: all that settings demand, and no secret of another's."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from config import secretfiles, secrets
from config.installing import answers, environment
from config.roles import ROLES
from tests.deploy import contained, rendered
from tests.deploy.rendered import ROOT
from tests.deploy.test_compose import SERVICES, WITH_MAIL
from tests.unit.config.process import clean

# Each case in a process of its own, forked where Django is imported already and no setting is.
ASK = """
import json, os, sys
import django.conf, django.db, dj_database_url, pydantic_settings, config.variables
usual = dict(os.environ)
for name, told in json.load(sys.stdin).items():
    if os.fork():
        os.wait()
        continue
    os.environ.clear()
    os.environ.update({**usual, **told})
    try:
        from django.conf import settings
        said = {"roles": settings.ROLES, "keys": sorted(settings.SECRETS)}
    except Exception as problem:
        said = {"refused": str(problem)}
    print(json.dumps([name, said]), flush=True)
    os._exit(0)
"""
IMAGE = (ROOT / "deploy" / "container" / "Containerfile").read_text(encoding="utf-8")
# What an image says itself, which is also where keys lie.
OF_IMAGE = dict(re.findall(r"(VISOR_\w+)=(\S+)", IMAGE))
SECRETS = "/run/secrets"
ADDRESSES = {
    "broker_url": "redis://:word@redis/0",
    "administrator_url": "postgres://postgres:word@postgres/visor",
}
# The files of each, beside the role's own.
MORE: dict[str, set[str]] = {
    "provider": {"broker_url", "sequencer.json"},
    **{role: {"broker_url"} for role in ("web", "portal", "worker")},
    "migrator": set(),
    "backup": set(),
}
EVERY_ROLES = {f"{role}.json" for role in secrets.DATABASE_ROLES}
# What administers the database reads passwords of all.
OF_ADMINISTRATOR = {
    "roles": {"administrator_url", *EVERY_ROLES},
    "restore": {"administrator_url", "sequencer.json", *EVERY_ROLES},
}
# In a cluster, where keys lie with a service and references in a store; mail's password where a user is told.
IN_CLUSTER = {role: {"transit_token"} if role in ROLES else set() for role in MORE}
IN_CLUSTER["worker"] |= {"objects_access_key", "objects_secret_key"}
# Whose keys these are, and nobody else's.
OWNERS = {
    "vault_kek": {"worker"},
    "key_store": {"worker"},
    "verdict_private_key": {"worker"},
    "token_kek": {"web", "provider"},
    "receiving_private_key_web": {"web"},
    "seal_private_key_web": {"web", "provider"},
    "seal_private_key_portal": {"portal"},
    **{f"task_private_key_{role}": {role} for role in ROLES},
    **{f"log_key_{role}": {role, "provider"} for role in (*ROLES, "migrator")},
}
# Without which a process of production does not start; a command needs no secrets for it, and sends no mail.
ALWAYS = {"VISOR_BASE_URL", "VISOR_DATABASE_URL", "VISOR_BROKER_URL"}
AT_WORK = {*ALWAYS, "VISOR_SECRETS_FILE"}
NEEDED = {
    "web": {*AT_WORK, "VISOR_MAIL_HOST", "VISOR_PROXY_COUNT"},
    "portal": {*AT_WORK, "VISOR_MAIL_HOST", "VISOR_PROXY_COUNT"},
    "scheduler": {*AT_WORK, "VISOR_MAIL_HOST", "VISOR_CHECKPOINT_KEY_FILE", "VISOR_LOG_ANCHOR"},
    "worker": AT_WORK,
    "migrate": ALWAYS,
    "backup": ALWAYS,
}
TEMPORARY = "/tmp"  # noqa: S108 - of a container
# Where each writes beside its own folder.
WRITES = {
    "web": {"/run/visor/web"},
    "portal": {"/run/visor/portal"},
    "backup": {"/var/lib/visor/copies"},
}


@dataclass(frozen=True)
class Told:
    """A process: what it is told, which files of secrets it sees, where it may write."""

    variables: Mapping[str, str]
    secrets: frozenset[str]
    writes: frozenset[str]

    @property
    def role(self) -> str:
        return Path(self.variables["VISOR_SECRETS_FILE"]).stem

    def placed(self, folder: Path) -> dict[str, str]:
        """Return the variables for a process of this machine, with its files and no others in a folder."""
        folder.mkdir(parents=True)
        made = _made()
        for name in self.secrets:
            (folder / name).write_text(made.get(name, ADDRESSES.get(name, "word")))
            (folder / name).chmod(0o440)
        within = re.compile(rf"^{SECRETS}(/visor)?(?=/|$)")
        return {
            name: within.sub(str(folder), value) for name, value in {**OF_IMAGE, **self.variables}.items()
        }


@cache
def _made() -> dict[str, str]:
    return {f"{name}.json": json.dumps(held) for name, held in secretfiles.split(secrets.generate()).items()}


def _of_compose() -> Iterator[tuple[str, Told]]:
    said = environment.for_compose(answers.checked(WITH_MAIL))
    for name, one in SERVICES.items():
        if any(variable.startswith("VISOR_") for variable in one.get("environment", {})):
            told = {key: contained.chosen(value, said) for key, value in one["environment"].items()}
            volumes = [volume.split(":") for volume in one.get("volumes", ())]
            writes = {parts[1] for parts in volumes if parts[2:] != ["ro"]}
            yield f"compose {name}", Told(told, frozenset(one["secrets"]), frozenset(writes))


def _of_chart() -> Iterator[tuple[str, Told]]:
    for name, pod in rendered.pods().items():
        (container,) = pod["spec"]["containers"]
        told = {each["name"]: each["value"] for each in container["env"]}
        files = {Path(value).name for value in told.values() if value.startswith(f"{SECRETS}/visor/")}
        writes = {each["mountPath"] for each in container["volumeMounts"] if not each.get("readOnly")}
        yield f"chart {name}", Told(told, frozenset(files), frozenset(writes))


COMPOSE, CHART = dict(_of_compose()), dict(_of_chart())
EVERYBODY = {**COMPOSE, **CHART}


def ask(cases: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    """Return how settings took each case."""
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(
        command, input=json.dumps(cases), env=clean(), capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """How settings took what each is told, and the same without one variable: `compose web -VISOR_…`."""
    folder = tmp_path_factory.mktemp("told")
    placed = {name: one.placed(folder / str(number)) for number, (name, one) in enumerate(EVERYBODY.items())}
    lacking = {
        f"{name} -{variable}": {key: value for key, value in told.items() if key not in _ways(variable)}
        for name, told in placed.items()
        if name in COMPOSE
        for variable in NEEDED.get(name.split()[1], ())
    }
    return ask({**placed, **lacking})


def _ways(variable: str) -> set[str]:
    return {variable, f"{variable}_FILE"}


def test_both_start_every_process_and_copies() -> None:
    """Whoever adds a process adds it to both; the database's administrator's commands are compose's own."""
    named = {name.removeprefix("compose ") for name in COMPOSE} - set(OF_ADMINISTRATOR)
    assert {name.removeprefix("chart ") for name in CHART} == named
    assert {EVERYBODY[f"compose {name}"].role for name in NEEDED} == set(MORE)


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("name", EVERYBODY)
def test_a_process_is_told_all_that_production_demands(name: str, taken: dict[str, dict[str, Any]]) -> None:
    assert "refused" not in taken[name], taken[name]
    role = EVERYBODY[name].role
    assert taken[name]["roles"] == ([role] if role in ROLES else [])


def test_each_of_these_is_demanded(taken: dict[str, dict[str, Any]]) -> None:
    """So that whoever takes one out is told."""
    cases = {name: said for name, said in taken.items() if " -" in name}
    assert len(cases) == sum(map(len, NEEDED.values()))
    assert [name for name, said in cases.items() if "refused" not in said] == []


@pytest.mark.requirement("S6.1-01")
@pytest.mark.parametrize("name", EVERYBODY)
def test_a_process_sees_the_secrets_of_its_work_alone(name: str, taken: dict[str, dict[str, Any]]) -> None:
    one, (where, own) = EVERYBODY[name], name.split()
    more = IN_CLUSTER[one.role] if where == "chart" else set()
    wanted = {f"{one.role}.json", *MORE[one.role], *more}
    assert one.secrets == OF_ADMINISTRATOR.get(own, wanted)
    if one.role in (*ROLES, "migrator"):
        held = {key for key in taken[name]["keys"] if "public" not in key}
        assert held == {key for key, owners in OWNERS.items() if one.role in owners}


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_process_writes_in_the_places_of_its_work_alone(name: str) -> None:
    one, (where, own) = EVERYBODY[name], name.split()
    wanted = {f"/var/lib/visor/{one.role}"} if one.role in ROLES or where == "chart" else set()
    # Where there is a proxy of ours, it comes by sockets; where keys lie with a service, in no folder.
    wanted |= WRITES.get(own, set()) if where == "compose" or own == "backup" else set()
    if where == "chart":
        wanted.add(TEMPORARY)
    elif one.role in ROLES:
        wanted.add(OF_IMAGE["VISOR_KEY_STORE"])
    if one.role == "provider":
        wanted.add(one.variables["VISOR_LOG_ANCHOR"])
    assert one.writes == wanted
