"""The units of deploy/systemd: what they start, as whom, and how little else they may do."""

import shutil
import subprocess
from itertools import chain
from pathlib import Path

import pytest
import yaml

from config import roles
from config.celery import app
from deploy.rehearse.units import PROCESSES, SERVICES, UNITS, environment, said

# Of systemd's own scale to 10 (unsafe), times ten.
MOST_EXPOSED = 20


def systemd(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.needs("systemd")
@pytest.mark.requirement("S9.4-14")
@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_is_hardly_exposed(unit: str) -> None:
    asked = ["security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(UNITS / unit)]
    done = systemd("systemd-analyze", *asked)
    assert done.returncode == 0, done.stdout
    assert f"exposure level for {unit}" in done.stdout


@pytest.mark.needs("systemd")
def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    shutil.copytree(UNITS, tmp_path / "units")
    for unit in (tmp_path / "units").glob("*.service"):
        text = unit.read_text(encoding="utf-8").replace("/opt/visor/current/deploy/systemd/run", "/bin/true")
        unit.write_text(text, encoding="utf-8")
    kinds = {".service", ".socket", ".target"}
    found = [str(path) for path in (tmp_path / "units").glob("visor*") if path.suffix in kinds]
    done = systemd("systemd-analyze", "verify", *found)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.needs("systemd")
def test_every_units_user_is_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for name in ("passwd", "group"):
        (tmp_path / "etc" / name).touch()
    done = systemd("systemd-sysusers", f"--root={tmp_path}", str(UNITS / "visor.sysusers.conf"))
    assert done.returncode == 0, done.stderr
    made = {line.split(":")[0] for line in (tmp_path / "etc" / "passwd").read_text().splitlines()}
    assert made == {user for unit in SERVICES for user in said(unit, "User")}


@pytest.mark.parametrize("unit", PROCESSES)
def test_a_process_has_the_user_the_secrets_and_the_settings_of_its_role(unit: str) -> None:
    told = environment(unit)
    role = told["VISOR_ROLES"]
    assert role in roles.ROLES
    assert said(unit, "User") == said(unit, "Group") == [f"visor-{role}"]
    assert said(unit, "EnvironmentFile") == [f"/etc/visor/{role}.env"]
    assert told["VISOR_SECRETS_FILE"] == f"/etc/visor/secrets/{role}.json"
    assert told["VISOR_DATA_DIR"] == f"/var/lib/visor/{role}"
    group = "worker" if role == "worker" else "web"
    assert said(unit, "ExecStart")[0].split()[1] == group


def test_every_role_has_a_process_and_every_process_is_the_targets() -> None:
    assert {environment(unit)["VISOR_ROLES"] for unit in PROCESSES} == set(roles.ROLES)
    wanted = chain.from_iterable(line.split() for line in said("visor.target", "Wants"))
    assert sorted(wanted) == PROCESSES


def test_every_queue_is_somebodys() -> None:
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    starts = [said(unit, "ExecStart")[0].split() for unit in PROCESSES]
    taken = [start[start.index("--queues") + 1].split(",") for start in starts if "--queues" in start]
    assert set(chain.from_iterable(taken)) >= routed


def test_a_role_that_needs_nobody_outside_reaches_nobody() -> None:
    for unit in ("visor-worker.service", "visor-migrate.service"):
        assert (said(unit, "IPAddressDeny"), said(unit, "IPAddressAllow")) == (["any"], ["localhost"])


def test_each_process_is_watched_at_a_port_of_its_own() -> None:
    watched = [environment(unit)["VISOR_WATCH_ADDRESS"] for unit in PROCESSES]
    assert len(set(watched)) == len(watched)
    assert {address.partition(":")[0] for address in watched} == {"127.0.0.1"}


def test_prometheus_asks_each_process_where_its_unit_says() -> None:
    text = (UNITS.parent / "monitoring" / "prometheus.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(text)["scrape_configs"]
    asked = {one["labels"]["role"]: one["targets"] for one in job["static_configs"]}
    told = {unit: environment(unit)["VISOR_WATCH_ADDRESS"] for unit in PROCESSES}
    assert asked == {
        unit.removeprefix("visor-").removesuffix(".service"): [address] for unit, address in told.items()
    }
