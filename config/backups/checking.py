"""What was restored is what was copied, and the product believes it: rows, logs, seals.

Logs and seals are checked by the processes that hold the keys for it, each in a process of its own: whoever
restores needs none of these keys here.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from authsvc.tenancy.grants import BACKUP
from config.backups import sql
from config.backups.manifest import Manifest
from config.backups.place import BackupProblem, Place, secrets_at
from config.installing import environment
from config.installing.layout import user_of
from config.secrets import DATABASE, SEALING, SEQUENCER
from config.variables import ROOT

_SEALS: Final = tuple((f"seals by {role}", role, ("seal_rows", "--check")) for role in SEALING)


@dataclass(frozen=True)
class Checked:
    """What was looked at, what was said, and whether it is well."""

    what: str
    said: str
    well: bool


def refuse_other_rows(said: Manifest, target: Place, files: Path) -> None:
    """Raise BackupProblem where a table has not the rows that were copied, or a log not its checkpoint."""
    password = secrets_at(files).get("backup", {}).get(DATABASE, "")
    with target.as_role(BACKUP, password).connect() as opened:
        if hidden := sql.hidden_tables(opened):
            raise BackupProblem(
                f"grants or policies did not come back: {BACKUP} does not see {hidden[0]} whole"
            )
        rows, logs = sql.counts(opened), sql.checkpoints(opened)
    other = sorted(name for name in rows.keys() | said.rows.keys() if rows.get(name) != said.rows.get(name))
    if other:
        name = other[0]
        raise BackupProblem(f"{name} has {rows.get(name)} rows in place of {said.rows.get(name)}")
    if logs != said.logs:
        raise BackupProblem("the logs' newest checkpoints are not those that were copied")


def checks(said: Manifest, database_url: str, files: Path) -> Iterator[Checked]:
    """Ask the product whether it believes what is there now.

    The log is held against its own checkpoints, not against what is kept outside: an older copy lacks what
    came after it, which `audit verify` says of the process's own settings.
    """
    with tempfile.TemporaryDirectory(prefix="visor-no-checkpoints-") as nothing:
        Path(nothing).chmod(0o755)  # each process looks there as its own user
        log = ("audit", "verify", "--as-of", said.made_at.isoformat())
        for what, role, command in (("audit log", "provider", log), *_SEALS):
            inside = {"VISOR_LOG_ANCHOR": nothing, "VISOR_LOG_WITNESS": "", "VISOR_LOG_WITNESS_KEY": ""}
            yield asked(what, command, {**told_to(role, database_url, files), **inside})


def migrated(database_url: str, files: Path) -> Checked:
    """Let the migrator bring tables, policies and grants to this release."""
    told = told_to("", database_url, files)
    return asked("tables, policies and grants", ("migrate", "--verbosity", "0"), told)


def outside(said: Manifest, database_url: str, files: Path) -> Checked:
    """Hold the log against what is kept outside the database, as scheduled work will."""
    told = told_to("provider", database_url, files)
    command = ("audit", "verify", "--as-of", said.made_at.isoformat())
    return asked("log against the checkpoints kept outside", command, told)


def told_to(role: str, database_url: str, files: Path) -> dict[str, str]:
    """Return the environment of a process of a role, or of a command without one.

    Where the secrets are split it is that of the role's file of variables, which lies beside their folder.
    """
    told = {"VISOR_ROLES": role, "VISOR_DATABASE_URL": database_url, "VISOR_SECRETS_FILE": str(files)}
    own: dict[str, str] = {}
    if files.is_dir():
        name = role or "migrator"
        told["VISOR_SECRETS_FILE"] = str(files / f"{name}.json")
        told["VISOR_CHECKPOINT_KEY_FILE"] = str(files / f"{SEQUENCER}.json") if role == "provider" else ""
        variables = files.parent / f"{name}.env"
        own = environment.read(variables) if variables.is_file() else {}
    hidden = dict.fromkeys(("VISOR_DATABASE_URL_FILE", "VISOR_SECRETS_FILE_FILE"), "")
    return {**os.environ, **own, **hidden, **told}


def asked(what: str, command: tuple[str, ...], told: Mapping[str, str]) -> Checked:
    """Run a command of manage.py in a process that is told this, as its role's user; return how it went."""
    run = [sys.executable, str(ROOT / "manage.py"), *command]
    who = user_of(told["VISOR_ROLES"] or "migrator")
    done = subprocess.run(run, env=dict(told), capture_output=True, text=True, check=False, cwd=ROOT, **who)
    said = done.stdout if done.returncode == 0 else f"{done.stdout}{done.stderr}"
    return Checked(what, said.strip(), done.returncode == 0)
