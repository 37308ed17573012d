"""deploy/compose.yaml: what its specification takes, and who reaches whom."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config import roles
from config.environment import FIELDS, variable_name
from config.installing import answers, environment
from config.installing.layout import Layout
from deploy.rehearse.units import PROCESSES, said
from tests.deploy.rendered import ROOT
from tests.unit.config.test_installing import SAID

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
KNOWN = {variable_name(field) + ending for field in FIELDS for ending in ("", "_FILE")}
# What the image says, and what those are told who answer people.
USUAL = {"VISOR_ENVIRONMENT", "VISOR_KEY_STORE"}
SERVING = {"VISOR_BEHIND_PROXY", "VISOR_PROXY_COUNT"}
WITH_MAIL = {**SAID, "mail_user": "visor", "mail_password": "word"}
# What comes to an end; each but migrate is asked for by name.
COMMANDS = {"migrate", "roles", "backup", "restore"}
OURS = {name: one for name, one in SERVICES.items() if "VISOR_ROLES" in one.get("environment", {})}


@pytest.mark.needs("schemas")
def test_it_is_what_its_specification_takes() -> None:
    schema = json.loads((ROOT / "build" / "schemas" / "compose.json").read_text(encoding="utf-8"))
    found = jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE)
    assert [f"{error.json_path}: {error.message}" for error in found] == []


@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_do_nothing_that_it_need_not(name: str) -> None:
    one = SERVICES[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    # Whoever restores opens another's copy, and becomes each role to ask whether it believes what came back.
    assert one.get("cap_add", []) == (["DAC_READ_SEARCH", "SETGID", "SETUID"] if name == "restore" else [])
    assert one["security_opt"] == ["no-new-privileges:true"]
    # Whoever makes the database's roles reads every role's file, once.
    assert (one["user"] == "0:0") == (name in {"roles", "restore"})
    assert "healthcheck" in one or name in COMMANDS


def test_the_worker_shares_its_network_with_the_database_and_redis_alone() -> None:
    assert SERVICES["worker"]["networks"] == ["judging"]
    assert COMPOSE["networks"]["judging"] == {"internal": True}
    there = {name for name, one in SERVICES.items() if "judging" in one["networks"]}
    assert there == {"worker", "postgres", "redis"}


def test_a_command_shares_its_network_with_the_database_alone() -> None:
    assert COMPOSE["networks"]["commands"] == {"internal": True}
    assert {name for name, one in SERVICES.items() if "commands" in one["networks"]} == {
        *COMMANDS,
        "postgres",
    }
    assert {name for name in COMMANDS if SERVICES[name]["networks"] == ["commands"]} == COMMANDS
    assert [name for name in COMMANDS if "profiles" not in SERVICES[name]] == ["migrate"]


# Counted with sign-ins under way (docs/adr/0535): of a worker, and of each of its processes, one a core.
OF_A_WORKER, OF_ITS_PROCESS, CORES = 7, 5, 64
# And of gunicorn, whose processes WEB_CONCURRENCY says.
OF_A_SITE, OF_ITS_PROCESSES = 4, 12


def test_each_may_have_twice_the_processes_that_it_needs_on_a_large_machine() -> None:
    most = {name: one["pids_limit"] for name, one in SERVICES.items()}
    assert most["worker"] >= 2 * (OF_A_WORKER + OF_ITS_PROCESS * CORES)
    for site in ("web", "portal"):
        assert most[site] >= 2 * (OF_A_SITE + OF_ITS_PROCESSES * 8)
    assert max(most.values()) == most["worker"]


def test_nobody_but_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["proxy"]
    assert SERVICES["proxy"]["networks"] == ["edge"]
    assert [name for name, one in SERVICES.items() if "edge" in one["networks"]] == ["proxy"]


def test_a_process_has_the_number_and_the_secrets_of_its_role() -> None:
    users: dict[str, set[str]] = {}
    for one in OURS.values():
        told = one["environment"]
        role = told["VISOR_ROLES"]
        users.setdefault(role, set()).add(one["user"])
        more = {"sequencer.json"} if role == "provider" else set()
        assert set(one["secrets"]) == {"broker_url", f"{role}.json", *more}
        assert told["VISOR_SECRETS_FILE"] == f"/run/secrets/{role}.json"
    assert set(users) == set(roles.ROLES)
    assert len(set.union(*users.values())) == len(users)


def test_every_variable_is_one_that_a_process_knows() -> None:
    told = {variable for one in SERVICES.values() for variable in one.get("environment", {})}
    assert {one for one in told if one.startswith("VISOR_")} - KNOWN == set()


@pytest.mark.parametrize("name", OURS)
def test_a_process_is_told_what_the_set_up_tells_it_on_a_plain_machine(name: str) -> None:
    told = OURS[name]["environment"]
    at = Layout("compose", Path("/etc/visor"), Path("/var/lib/visor"))
    wanted = environment.variables(told["VISOR_ROLES"], answers.checked(WITH_MAIL), at)
    left_out = USUAL if name in {"web", "portal"} else USUAL | SERVING
    assert set(wanted) - {one.removesuffix("_FILE") for one in told} - set(told) == left_out
    for one in ("VISOR_DATA_DIR", "VISOR_SECRETS_FILE", "VISOR_ROLES"):
        assert told[one] == wanted[one]


def test_the_set_up_answers_what_the_file_asks() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{(VISOR_\w+)", text))
    images = {f"VISOR_{kind}_IMAGE" for kind in ("WEB", "WORKER", "BACKUP")}
    assert set(environment.for_compose(answers.checked(WITH_MAIL))) == asked - images - {"VISOR_WATCH_PORT"}


def test_the_same_processes_run_as_on_a_plain_machine() -> None:
    assert sorted(f"visor-{name}.service" for name in OURS) == PROCESSES
    for name, one in OURS.items():
        (unit,) = said(f"visor-{name}.service", "ExecStart")
        started = [word for word in one["command"] if word not in {"--bind", "--umask", "007"}]
        program = " ".join(word for word in started if not word.startswith("unix:"))
        own = (" --graceful-timeout 30", f" --hostname {name}@%%h")  # of several on one machine
        for word in own:
            unit = unit.replace(word, "")
        assert f" {program}" in unit
        (seconds,) = said(f"visor-{name}.service", "TimeoutStopSec")
        assert one["stop_grace_period"] == f"{seconds}s"
