"""A copy of the database, put into an empty one on a server that may know nothing of Visor yet."""

from pathlib import Path
from typing import Final

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.backups import checking, manifest, sql
from config.backups.manifest import DUMP, Manifest
from config.backups.place import BackupProblem, Place
from config.postgresql.making import make_database

_MAJOR: Final = 10_000


def restore(folder: Path, target: Place, key: str, *, files: Path) -> Manifest:
    """Bring a copy back, and return what is said of it; `target` is the database's administrator's.

    Everything is refused before anything is written: a copy that is not whole, one of a later release, a
    database that holds something. Raises BackupProblem.
    """
    said = manifest.read(folder, key)
    refuse_later(said)
    with target.beside().connect() as server:
        _refuse_unfit(server, said)
        make_database(server, target.name)
    with target.connect() as opened:
        if there := sql.tables(opened):
            raise BackupProblem(
                f"{target.name} holds {len(there)} tables: a copy is restored into an empty database alone"
            )
    call_command("database_roles", "--files", str(files))
    connection.close()
    # All of it or nothing.
    target.run("pg_restore", "--single-transaction", "--exit-on-error", str(folder / DUMP))
    # What a database has of its own is in no copy of what is in it.
    call_command("database_roles", "--files", str(files))
    connection.close()
    checking.refuse_other_rows(said, target, files)
    return said


def refuse_later(said: Manifest) -> None:
    """Raise BackupProblem for a copy whose tables this release does not know."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    ours = {name.partition(".")[0] for name in known}
    later = [name for name in said.migrations if name not in known and name.partition(".")[0] in ours]
    if later:
        raise BackupProblem(
            f"the copy is of release {said.release}, whose {later[-1]} this one does not know: restore it "
            "with that release or a later one"
        )


def _refuse_unfit(server: sql.Opened, said: Manifest) -> None:
    if not sql.is_superuser(server):
        raise BackupProblem(
            "name the server's superuser in VISOR_DATABASE_URL: roles and policies come back too"
        )
    here = sql.server_version(server)
    if here // _MAJOR < said.server // _MAJOR:
        raise BackupProblem(
            f"the copy is of PostgreSQL {said.server // _MAJOR}, and this server is {here // _MAJOR}: take "
            "one that is not older"
        )
