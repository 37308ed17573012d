"""`manage.py backup DIR`: the database as it is at one moment, and what shows that the copy is whole."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.backups import place
from config.backups.place import BackupProblem
from config.backups.taking import erase_older, named_by_time, take


class Command(BaseCommand):
    """Runs without VISOR_ROLES, with `backup.json` in VISOR_SECRETS_FILE, beside everything that runs.

    The copy holds what the database holds, in clear but for what was sealed there: a person's name, no face.
    It is readable by its owner alone; what else protects it is where it lies (docs/backup.md).
    """

    help = "Copy the database into a new folder; with --keys the key store too, sealed, elsewhere."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the copy goes, and where that of the keys does."""
        parser.add_argument("folder", type=Path, help="a folder that is not there yet")
        parser.add_argument(
            "--by-time", action="store_true", help="make the copy within the folder, named by the moment"
        )
        parser.add_argument(
            "--keep",
            type=_at_least_one,
            metavar="COPIES",
            help="with --by-time: how many stay; older ones are erased once this one is whole",
        )
        parser.add_argument(
            "--keys", type=Path, help="where key_backup's copy goes: never beside the database's"
        )
        parser.add_argument("--for", dest="pem", type=Path, metavar="PEM", help="with --keys, as key_backup")
        parser.add_argument("--passphrase-file", type=Path, help="with --keys, as key_backup")

    def handle(self, *_: Any, folder: Path, keys: Path | None, **given: Any) -> None:
        """Copy, and say what was copied."""
        place_of_copies, keep = folder, given["keep"]
        if given["by_time"]:
            folder = named_by_time(folder)
        elif keep is not None:
            raise CommandError("--keep goes with --by-time: other copies' age is not known")
        try:
            held = place.secrets_at(None)
            source, key = place.told(), place.backup_key(held)
            # Who is named in the address is asked for what they see, and refused where that is not all.
            if source.user in ("", "visor_migrator"):
                source = place.reader(held)
            if keys is not None:
                _refuse_together(folder, keys)
                call_command(
                    "key_backup", keys, **{name: path for name, path in given.items() if name in _OWN}
                )
            said = take(folder, source, key, keys=keys)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from None
        rows = sum(said.rows.values())
        self.stdout.write(
            f"{rows} rows of {len(said.rows)} tables, as of {said.made_at:%Y-%m-%d %H:%M:%S} UTC, in {folder}"
        )
        for path in erase_older(place_of_copies, keep) if keep else []:
            self.stdout.write(f"erased {path}")
        if keys is None:
            self.stdout.write("The keys are no part of it: copy them apart, with key_backup or --keys.")


_OWN = ("pem", "passphrase_file")


def _at_least_one(given: str) -> int:
    if not given.isdigit() or int(given) < 1:
        raise ArgumentTypeError("is a number from 1 on: the copy that is made stays")
    return int(given)


def _refuse_together(folder: Path, keys: Path) -> None:
    if keys.resolve().is_relative_to(folder.resolve().parent):
        raise BackupProblem(
            "the keys' copy would lie beside the database's, and whoever has both has every reference: keep "
            "them apart"
        )
