"""`manage.py key_restore`: the key store from a copy, without what was destroyed."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.keys.service import copies
from authsvc.keys.service.interface import KeyServiceProblem
from config.installing.layout import user_of
from config.management.commands.key_backup import recipient


class Command(BaseCommand):
    """Refuses an expired copy, and never brings back a key that was destroyed."""

    help = "Restore the key store from a copy that `key_backup` made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the copy, what opens it, and the newest list of destroyed keys."""
        parser.add_argument("path", type=Path)
        parser.add_argument("--with", dest="pem", type=Path, metavar="PEM", help="the operator's private key")
        parser.add_argument("--passphrase-file", type=Path, help="in place of a private key")
        parser.add_argument(
            "--destroyed",
            type=Path,
            required=True,
            help="the newest list of destroyed keys; `key_backup --list-only` writes it",
        )

    def handle(self, *_: Any, path: Path, destroyed: Path, **given: Any) -> None:
        """Open, check, restore, report."""
        if settings.KEY_SERVICE == "transit":
            raise CommandError("the transit service restores its copies itself")
        names = destroyed.read_text(encoding="utf-8").split()
        try:
            copy = copies.opened(
                path.read_text(encoding="utf-8"), recipient(given["pem"], given["passphrase_file"])
            )
            done = copies.restore(copy, settings.KEY_STORE, destroyed=names)
        except (copies.CopyRefused, KeyServiceProblem) as problem:
            raise CommandError(str(problem)) from None
        _give_to_the_worker(settings.KEY_STORE)
        self.stdout.write(
            f"{done.keys} keys restored, {done.counters} counters moved on, {done.destroyed} keys stay gone"
        )


def _give_to_the_worker(store: Path) -> None:
    """Let the files of keys be those of the worker's user, who alone reads them, where root restored them."""
    if who := user_of("worker"):
        for path in store.glob("*/*.key"):
            os.chown(path, who["user"], who["group"])
