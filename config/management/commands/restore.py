"""`manage.py restore DIR`: a copy brought back into an empty database, and asked whether it is believed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.backups import checking, place
from config.backups.checking import Checked
from config.backups.place import BackupProblem
from config.backups.restoring import restore
from config.backups.taking import release


class Command(BaseCommand):
    """VISOR_DATABASE_URL names the server's superuser, and a database that is empty or not there yet.

    The keys come back first where `--keys` names their copy: whoever was erased since stays erased.
    """

    help = "Restore a copy of the database into an empty one, and verify its rows, logs and seals."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the copy, the secrets, and the keys' copy."""
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--files", type=Path, help="the secrets file, or the folder of a file a role; VISOR_SECRETS_FILE"
        )
        parser.add_argument("--keys", type=Path, help="the keys' copy, as key_restore takes it")
        parser.add_argument("--with", dest="pem", type=Path, metavar="PEM", help="with --keys")
        parser.add_argument("--passphrase-file", type=Path, help="with --keys")
        parser.add_argument("--destroyed", type=Path, help="with --keys: the newest list of destroyed keys")

    def handle(self, *_: Any, folder: Path, files: Path | None, keys: Path | None, **given: Any) -> None:
        """Restore, verify, and say so; status 1 where something is not well."""
        secrets_place = files or settings.SECRETS_FILE
        try:
            target, key = place.told(), place.backup_key(place.secrets_at(secrets_place))
            if keys is not None:
                self._restore_keys(keys, given)
            said = restore(folder, target, key, files=secrets_place)
        except BackupProblem as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(
            f"{sum(said.rows.values())} rows of {len(said.rows)} tables are back, as of "
            f"{said.made_at:%Y-%m-%d %H:%M:%S} UTC, each table with as many as were copied"
        )
        url = without_user()
        if said.release != release():
            self.stdout.write(f"the copy is of release {said.release}; migrating to {release()}")
        found = [self._say(checking.migrated(url, secrets_place))]
        if keys is not None:
            found.append(self._say(self._reconciled(url, secrets_place)))
        found += [self._say(each) for each in checking.checks(said, url, secrets_place)]
        self._say_what_is_kept_outside(checking.outside(said, url, secrets_place))
        if not all(each.well for each in found):
            raise CommandError("restored, but not believed: see above, and let nobody sign in")
        self.stdout.write("Log and seals hold.")

    def _restore_keys(self, keys: Path, given: dict[str, Any]) -> None:
        if given["destroyed"] is None:
            raise BackupProblem("name the newest list of destroyed keys (--destroyed)")
        named = {name: given[name] for name in ("pem", "passphrase_file", "destroyed")}
        call_command("key_restore", keys, stdout=self.stdout, **named)

    def _reconciled(self, url: str, files: Path) -> Checked:
        told = checking.told_to("worker", url, files)
        return checking.asked("erased references", ("reconcile_references",), told)

    def _say(self, found: Checked) -> Checked:
        self.stdout.write(f"{found.what}: {'well' if found.well else 'NOT WELL'}")
        for line in found.said.splitlines():
            self.stdout.write(f"  {line}")
        return found

    def _say_what_is_kept_outside(self, found: Checked) -> None:
        if not found.well:
            self.stdout.write(
                "The checkpoints that are kept outside know more than this copy, as they should of an older "
                "one: move each organisation's file out of VISOR_LOG_ANCHOR and keep it (docs/audit.md), "
                f"before scheduled work starts.\n  {found.said.splitlines()[-1]}"
            )


def without_user() -> str:
    """Return the database's address as processes are told it: each brings its own role."""
    found = place.told()
    query = urlencode({name: value for name, value in found.options.items() if name.startswith("ssl")})
    port = f":{found.port}" if found.port else ""
    return f"postgres://{found.host}{port}/{found.name}{'?' + query if query else ''}"
