"""`manage.py database_roles` on a server of its own: passwords, owners, a database of the release before."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from authsvc.tenancy.grants import BACKUP, DATABASE_ROLES, MIGRATOR, PROCESSES, ROLE_PREFIX
from config import secretfiles, secrets
from devtools.demo.run import ROOT
from devtools.stack.services import postgresql
from devtools.stack.stack import as_user
from tests.campaign import crossed
from tests.unit.config.process import clean, collected, production, python

pytestmark = [
    pytest.mark.needs("postgresql"),
    pytest.mark.requirement("S8.3-01", "S9.4-10"),
]
OF_BEFORE = """
CREATE ROLE visor_before LOGIN; GRANT CREATE ON SCHEMA public TO visor_before; SET ROLE visor_before;
CREATE TABLE django_session (session_key text); CREATE VIEW seen AS SELECT * FROM django_session;
CREATE FUNCTION counted() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""

MORE = {
    "superuser": ("root", "root is a superuser of the database"),
    "owner": (MIGRATOR, "visor_migrator owns tables"),
    "around": ("visor_around", "visor_around goes around row-level security"),
}
"""Users who may do more than a process should, and what is said of each."""

_SAYS = """
from django.db import connection
connection.ensure_connection()
print(connection.connection.info.user)
"""
START = f"import config.wsgi{_SAYS}"
CELERY = f"""
import django
django.setup()
from config.celery import _refuse_without_role
_refuse_without_role()
{_SAYS}"""


@dataclass(frozen=True)
class Site:
    """A server, the secrets of its processes, and how a command runs there."""

    url: str
    told: dict[str, str]

    def manage(self, user: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        url = as_user(self.url, user) if user else self.url
        env = clean(**{**self.told, "VISOR_DATABASE_URL": url})
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    def root(self, query: str) -> list[Any]:
        with psycopg.connect(as_user(self.url, "root"), autocommit=True) as opened:
            found = opened.execute(query)
            return found.fetchall() if found.description else []

    def log_in(self, role: str, password: str) -> None:
        psycopg.connect(as_user(self.url, role), password=password).close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A production site before its roles: with tables of the release before, and passwords asked for."""
    folder = tmp_path_factory.mktemp("site")
    secrets.write(folder / "secrets.json", secrets.generate())
    with postgresql() as given:
        assert given is not None
        made = Site(given.replace(f"{MIGRATOR}@", ""), production(folder, written=False))
        for role in PROCESSES:  # the throw-away server's own
            made.root(f"REVOKE {role} FROM {MIGRATOR}")
        made.root(f"ALTER ROLE {PROCESSES[0]} SUPERUSER")
        made.root(OF_BEFORE)
        ((file,),) = made.root("SHOW hba_file")
        Path(file).write_text("host all root 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        made.root("SELECT pg_reload_conf()")
        yield made


@pytest.fixture(scope="module")
def done(site: Site) -> str:
    """What the command said, the second time it ran, from a file a role."""
    folder = Path(site.told["VISOR_DATA_DIR"])
    for section, held in secretfiles.split(secrets.read(folder / "secrets.json")).items():
        secrets.write(folder / "split" / f"{section}.json", held)
    for more in ([], ["--files", str(folder / "split")]):
        ran = site.manage("root", "database_roles", *more)
        assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _passwords(site: Site) -> dict[str, str]:
    file = Path(site.told["VISOR_DATA_DIR"]) / "secrets.json"
    return {role: secrets.database_password(file, role.removeprefix(ROLE_PREFIX)) for role in DATABASE_ROLES}


def test_each_role_gets_in_by_its_own_password_and_no_other(site: Site, done: str) -> None:
    held = _passwords(site)
    for role, password in held.items():
        site.log_in(role, password)
        for other in set(held.values()) - {password}:
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                site.log_in(role, other)
    kept = site.root(
        "SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'visor%' AND rolpassword IS NOT NULL"
    )
    assert len(kept) == len(held)
    assert all(password.startswith("SCRAM-SHA-256$") for (password,) in kept)


def test_what_goes_around_grants_is_taken_away(site: Site, done: str) -> None:
    wide = "rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication"
    assert site.root(f"SELECT 1 FROM pg_roles WHERE rolname LIKE 'visor%' AND ({wide})") == []  # noqa: S608
    assert site.root("SELECT has_database_privilege('visor_web', current_database(), 'TEMP')") == [(False,)]
    members = site.root(
        "SELECT member::regrole::text FROM pg_auth_members WHERE roleid::regrole::text LIKE 'visor%'"
    )
    assert members == [("visor_before",)], "in production the migrator plays no process's role"


def test_the_migrator_owns_what_the_release_before_owned_and_that_one_runs_on(site: Site, done: str) -> None:
    relations = "SELECT relowner::regrole::text FROM pg_class WHERE relname IN ('django_session', 'seen')"
    assert site.root(relations) == [(MIGRATOR,)] * 2
    assert site.root("SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'counted'") == [(MIGRATOR,)]
    assert site.root("SET ROLE visor_before; SELECT count(*) FROM django_session") is not None
    site.root("DROP VIEW seen; DROP FUNCTION counted; DROP TABLE django_session")


def test_a_new_site_is_migrated_and_each_process_starts_as_itself(
    site: Site, done: str, tmp_path: Path
) -> None:
    site.root("DROP VIEW IF EXISTS seen; DROP TABLE IF EXISTS django_session")
    ran = site.manage("", "migrate", "--verbosity", "0")
    assert ran.returncode == 0, ran.stderr
    made = secrets.read(Path(site.told["VISOR_DATA_DIR"]) / "secrets.json")
    for role in ("web", "portal", "provider", "worker"):
        (tmp_path / role).mkdir()
        told = {**production(tmp_path / role, role, written=False), "VISOR_DATABASE_URL": site.url}
        told["VISOR_STATIC_ROOT"] = str(collected())
        secrets.write(tmp_path / role / "secrets.json", {name: made[name] for name in ("public", role)})
        start = START if role in {"web", "portal"} else CELERY
        ran = python(start, **told)
        assert ran.returncode == 0, (role, ran.stderr)
        assert ran.stdout.strip() == f"visor_{role}"


@pytest.mark.requirement("SA-02")
@pytest.mark.parametrize("left_out", ["one file", "half a file"])
def test_o13_no_page_is_served_before_its_files_are_laid_out(
    site: Site, done: str, tmp_path: Path, left_out: str
) -> None:
    place = tmp_path / "collected"
    shutil.copytree(collected(), place)
    (place / "css" / "visor.css").unlink()
    if left_out == "half a file":
        (place / "css" / "visor.css").write_text("/*")
    password = {"PGPASSWORD": _passwords(site)["visor_web"]}
    told = {**production(tmp_path, "web"), **password, "VISOR_DATABASE_URL": as_user(site.url, "visor_web")}
    ran = python(START, **told, VISOR_STATIC_ROOT=str(place))
    assert ran.returncode != 0
    assert f"not in {place} as this release has them" in ran.stderr
    assert "run `manage.py collectstatic --noinput`" in ran.stderr


@pytest.mark.requirement("SA-02")
@pytest.mark.parametrize(("more", "role"), crossed(MORE, {"web": "web", "worker": "worker"}))
def test_t16_no_production_process_starts_with_more_than_its_credential(
    site: Site, done: str, tmp_path: Path, more: tuple[str, str], role: str
) -> None:
    user, sentence = more
    site.root("CREATE TABLE IF NOT EXISTS owned (id int); ALTER TABLE owned OWNER TO visor_migrator")
    if user == "visor_around":
        site.root("DROP ROLE IF EXISTS visor_around; CREATE ROLE visor_around LOGIN BYPASSRLS PASSWORD 'x'")
    password = {"visor_around": "x"}.get(user, _passwords(site).get(user, ""))
    told = {
        **production(tmp_path, role),
        "VISOR_DATABASE_URL": as_user(site.url, user),
        "PGPASSWORD": password,
    }
    ran = python(START if role == "web" else CELERY, **told)
    assert ran.returncode != 0
    assert sentence in ran.stderr
    assert "name no user in VISOR_DATABASE_URL" in ran.stderr


def test_without_roles_no_migration_begins_and_it_says_who_makes_them(site: Site, done: str) -> None:
    site.root(f"ALTER ROLE {BACKUP} RENAME TO elsewhere")
    try:
        ran = site.manage("", "migrate")
    finally:
        site.root(f"ALTER ROLE elsewhere RENAME TO {BACKUP}")
    assert ran.returncode != 0
    assert "no role visor_backup: run `manage.py database_roles`" in ran.stderr


def test_who_may_make_no_roles_is_told_so(site: Site, done: str) -> None:
    ran = site.manage("", "database_roles")
    assert ran.returncode != 0
    assert "name the server's administrator" in ran.stderr
