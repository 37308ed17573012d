"""A copy of the database: everything that stood in it at one moment, and what shows that it is whole."""

import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Final

from authsvc.core.clock import now
from config.backups import manifest, sql
from config.backups.manifest import DUMP, Manifest
from config.backups.place import BackupProblem, Place
from config.variables import ROOT

_SHOWN: Final = 5
_BY_TIME: Final = "%Y-%m-%dT%H%M%SZ"
_NAMED_SO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z")


def take(folder: Path, source: Place, key: str, *, keys: Path | None = None) -> Manifest:
    """Copy the database into a new folder, readable by its owner alone, and return what is said of the copy.

    `keys` is a copy of the key store, which lies elsewhere. Raises BackupProblem.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupProblem(f"{folder} holds something: every copy has a folder of its own")
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    try:
        said = _copied(unfinished, source, keys)
        manifest.write(unfinished, said, key)
        _on_disk(unfinished)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.replace(folder)
    return said


def named_by_time(place: Path) -> Path:
    """Return the folder of a copy that is made now, within a folder of copies."""
    return place / now().strftime(_BY_TIME)


def erase_older(place: Path, keep: int) -> list[Path]:
    """Erase all but the newest copies that were named by their time, and return them; other files stay."""
    copies = sorted(path for path in place.iterdir() if _NAMED_SO.fullmatch(path.name))
    older = copies[: max(0, len(copies) - keep)]
    for path in older:
        shutil.rmtree(path)
    return older


def refuse_hidden_rows(source: Place) -> None:
    """Raise BackupProblem where who connects would see some rows alone, and copy those without a word."""
    with source.connect() as opened:
        hidden = sql.hidden_tables(opened)
    if hidden:
        named = ", ".join(hidden[:_SHOWN])
        raise BackupProblem(
            f"{source.user} does not see every row of {len(hidden)} tables ({named}, …), and their copy "
            "would be empty or lack rows: name no user in VISOR_DATABASE_URL, so that visor_backup connects "
            "(`manage.py database_roles` and `migrate` make it)"
        )


def release() -> str:
    """Return this release's number."""
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(described["project"]["version"])


def _copied(folder: Path, source: Place, keys: Path | None) -> Manifest:
    refuse_hidden_rows(source)
    with source.connect() as opened:
        # `pg_dump` reads what this transaction sees, so that the numbers are those of the copy.
        snapshot = sql.begin_snapshot(opened)
        how = (
            "--format",
            "custom",
            "--enable-row-security",
            "--no-unlogged-table-data",
            "--snapshot",
            snapshot,
            "--lock-wait-timeout",
            "60s",
        )
        dump = folder / DUMP
        os.close(os.open(dump, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        source.run("pg_dump", *how, "--file", str(dump))
        return Manifest(
            made_at=now(),
            release=release(),
            server=sql.server_version(opened),
            migrations=sql.migrations(opened),
            rows=sql.counts(opened),
            logs=sql.checkpoints(opened),
            files={DUMP: manifest.fingerprint(dump)},
            keys=manifest.fingerprint(keys)[0] if keys is not None else "",
        )


def _on_disk(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
