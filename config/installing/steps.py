"""What `manage.py setup` does, in order; each step leaves what is there, and says what it did."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from django.core.management import call_command

from config.installing import environment, roles_sql
from config.installing.answers import Answers
from config.installing.environment import ROLES_WITH_FILES
from config.installing.layout import KEYS_IN_CONTAINERS, Layout, share, user_of
from config.postgresql import making
from config.roles import ROLES
from config.rotation import Files
from config.variables import ROOT

_OURS: Final = ("VISOR_", "DJANGO_")
# What reads every role's secrets, or writes in the release's folder.
_AS_WHOEVER_INSTALLS: Final = frozenset({"database_roles", "collectstatic"})
# Files that no process reads; on a plain machine whoever runs it makes copies, in containers one does.
_THE_OPERATORS: Final = {"systemd": {"backup", "public"}, "compose": {"public"}}


class SetupProblem(Exception):
    """A step cannot be done; the message says why, and what to do."""


@dataclass(frozen=True)
class Installation:
    """What was answered, where things lie, and how to say something."""

    said: Answers
    at: Layout
    say: Callable[[str], None]
    overwrite: bool = False

    def run(self, role: str, *command: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of manage.py in a role's environment, as its file says it, and as its user."""
        told = {**environment.variables(role, self.said, self.at), **changes}
        usual = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        run = [sys.executable, str(ROOT / "manage.py"), *command]
        who: dict[str, Any] = {} if command[0] in _AS_WHOEVER_INSTALLS else user_of(role)
        return subprocess.run(
            run, env={**usual, **told}, capture_output=True, text=True, check=False, cwd=ROOT, **who
        )

    def must(self, role: str, *command: str, **changes: str) -> str:
        """Run a command, and return what it said. Raises SetupProblem."""
        done = self.run(role, *command, **changes)
        if done.returncode:
            raise SetupProblem(f"manage.py {command[0]}: {last_line(done.stderr)}")
        return done.stdout.strip()


def last_line(text: str) -> str:
    """Return the sentence in which a failed process ends."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].removeprefix("CommandError: ") if lines else "it said nothing"


def write_secrets(site: Installation) -> None:
    """Make the secrets that are missing, a file a role; none is changed."""
    site.at.make_folders()
    before = set(site.at.secrets.glob("*.json"))
    call_command("generate_secrets", split=site.at.secrets, add=True)
    kept = _THE_OPERATORS[site.at.way]
    theirs = [path for path in sorted(site.at.secrets.glob("*.json")) if path.stem not in kept]
    left = [path for path in theirs if not site.at.give(path, path.stem)]
    new = set(site.at.secrets.glob("*.json")) - before
    site.say(f"secrets: {len(new)} new files in {site.at.secrets}" if new else "secrets: as they were")
    if left and site.at.way == "systemd":
        site.say("  give each file to the user of its process: chown visor-ROLE (docs/keys.md)")
    if left and site.at.way == "compose":
        site.say("  give each file to root and its role's group, by number (docs/installing-containers.md)")


def write_environments(site: Installation) -> None:
    """Write the environment of each role where it is missing; one that says other things is told of.

    compose.yaml says most of it itself, and takes the rest from one file for all.
    """
    if site.at.way == "compose":
        _write_for_compose(site)
        return
    for role in ROLES_WITH_FILES:
        path = site.at.environment(role)
        wanted = environment.variables(role, site.said, site.at)
        if not path.exists() or (site.overwrite and environment.read(path) != wanted):
            _write(path, environment.text(wanted))
            site.at.give(path, role)
            site.say(f"environment: wrote {path}")
        elif environment.read(path) != wanted:
            names = ", ".join(_differing(environment.read(path), wanted))
            site.say(f"environment: {path} says something else of {names}, and stays; --overwrite changes it")


def _differing(there: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return sorted(name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name))


def _write_for_compose(site: Installation) -> None:
    """Write what compose.yaml takes beside the roles' secrets: the answers, and the broker's address."""
    broker = site.at.secrets / "broker_url"
    for path, content in (
        (site.at.folder / ".env", environment.text(environment.for_compose(site.said))),
        (broker, site.said.broker_url + "\n"),
    ):
        if not path.exists() or site.overwrite:
            _write(path, content)
            site.say(f"environment: wrote {path}")
    share(broker, KEYS_IN_CONTAINERS)


def _write(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)


def make_database(site: Installation) -> bool:
    """Make database and roles by their administrator, or write the statements; False where these wait."""
    if not site.said.database_administrator_url:
        return _wait_for_administrator(site)
    name = urlsplit(site.said.database_url).path.strip("/")
    administrator = site.said.database_administrator_url
    try:
        with psycopg.connect(administrator, autocommit=True) as server:
            making.make_database(server, name)
    except psycopg.Error as problem:
        raise SetupProblem(f"database_administrator_url does not get in: {problem}") from None
    url = urlsplit(administrator)._replace(path=f"/{name}").geturl()
    files = ("--files", str(site.at.secrets))
    site.say(f"database: {site.must('migrator', 'database_roles', *files, VISOR_DATABASE_URL=url)}")
    return True


def _wait_for_administrator(site: Installation) -> bool:
    if site.run("migrator", "check_start").returncode == 0:
        site.say("database: its roles are there")
        return True
    path = site.at.folder / "roles.sql"
    name = urlsplit(site.said.database_url).path.strip("/")
    _write(path, roles_sql.statements(name, Files(site.at.secrets).read()))
    site.say(f"database: let its administrator run {path} (psql --file), and run this command again")
    return False


def make_tables(site: Installation) -> None:
    """Bring the tables to this release."""
    site.must("migrator", "migrate", "--verbosity", "0")
    site.say("tables: as this release has them")


def lay_out_files(site: Installation) -> None:
    """Lay out the files of pages."""
    # Without a role: web and portal each have files of their own.
    said = site.must("migrator", "collectstatic", "--noinput")
    site.say(f"pages: {last_line(said)}")


def make_organisation(site: Installation) -> None:
    """Make the first organisation, whose owner gets an invitation by mail; one that is there stays."""
    said = site.said
    arguments = ("--name", said.tenant_name, "--owner", said.owner, "--kind", said.tenant_kind)
    found = site.must("portal", "create_tenant", said.tenant, *arguments, "--if-missing")
    site.say(f"organisation: {found}")


def problems(site: Installation) -> Iterator[str]:
    """Yield what keeps each role from starting, in words; all are asked at once."""
    with ThreadPoolExecutor() as pool:
        asked = pool.map(lambda role: site.run(role, "check_start"), ROLES)
        for role, done in zip(ROLES, asked, strict=True):
            said = done.stdout.strip() or last_line(done.stderr)
            if done.returncode:
                yield from (f"{role}: {line}" for line in said.splitlines())
            else:
                site.say(f"{role}: can start")
