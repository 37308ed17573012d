"""What the settings make of the database's address."""

import json
from pathlib import Path

import pytest

from config import secrets
from config.settings.parts.storage import database, with_plans
from tests.unit.config.process import production, python

PRINT = """
import json
from pathlib import Path
from config.settings import DATABASES
print(json.dumps(DATABASES["default"]["OPTIONS"]))
"""


def options(url: str, folder: str, **told: str) -> dict[str, object]:
    done = python(PRINT, VISOR_ENVIRONMENT="local", VISOR_DATABASE_URL=url, VISOR_DATA_DIR=folder, **told)
    said: dict[str, object] = json.loads(done.stdout)
    return said


@pytest.mark.requirement("S9.4-14")
def test_what_the_address_asks_of_the_connection_is_kept(tmp_path):
    said = options("postgres://visor@db/visor?sslmode=verify-full&sslrootcert=/ca.pem", str(tmp_path))
    assert (said["sslmode"], said["sslrootcert"]) == ("verify-full", "/ca.pem")
    assert said["server_side_binding"] is True
    assert said["prepare_threshold"] == 5


def test_the_address_goes_before_our_own_choice(tmp_path):
    assert options("postgres://visor@db/visor?prepare_threshold=9", str(tmp_path))["prepare_threshold"] == 9


WHO = """
import json
from pathlib import Path
from config.settings import DATABASES
print(json.dumps([DATABASES["default"]["USER"], DATABASES["default"]["PASSWORD"]]))
"""


@pytest.mark.requirement("S9.4-10", "S8.3-01")
@pytest.mark.parametrize(
    ("roles", "role"),
    [("web", "web"), ("provider", "provider"), ("worker", "worker"), ("web,portal", "migrator")],
)
def test_where_no_user_is_named_each_process_brings_its_own(tmp_path, roles, role):
    made = secrets.generate()
    secrets.write(tmp_path / "secrets.json", made)
    told = {"VISOR_ROLES": roles, "VISOR_ENVIRONMENT": "test", "VISOR_DATA_DIR": str(tmp_path)}
    done = python(WHO, VISOR_DATABASE_URL="postgres://db/visor", **told)
    assert json.loads(done.stdout) == [f"visor_{role}", made[role]["database_password"]]
    done = python(WHO, VISOR_DATABASE_URL="postgres://somebody:known@db/visor", **told)
    assert json.loads(done.stdout) == ["somebody", "known"]


def test_a_command_of_production_is_the_migrator_and_needs_no_password(tmp_path):
    done = python(WHO, **production(tmp_path, written=False))
    assert json.loads(done.stdout) == ["visor_migrator", ""]


@pytest.mark.parametrize("roles", [["web"], ["worker"], ["provider"], ["web", "portal"], []])
def test_who_signs_people_in_has_plans_that_are_made_once(roles: list[str]) -> None:
    described = database("postgres://visor@db.example/visor")
    assert with_plans(described, roles) == described
    assert described["OPTIONS"]["prepare_threshold"] == 5


@pytest.mark.parametrize(("role", "threshold"), [("portal", None), ("web", 5)])
def test_a_process_connects_as_its_role_has_it_planned(
    tmp_path: Path, role: str, threshold: int | None
) -> None:
    assert (
        options("postgres://visor@db/visor", str(tmp_path), VISOR_ROLES=role)["prepare_threshold"]
        == threshold
    )


def test_who_shows_lists_has_plans_made_for_what_is_asked() -> None:
    described = database("postgres://visor@db.example/visor")
    changed = with_plans(described, ["portal"])
    assert changed["OPTIONS"] == {**described["OPTIONS"], "prepare_threshold": None}
    sqlite = database("sqlite:///visor.sqlite3")
    assert with_plans(sqlite, ["portal"]) == sqlite
