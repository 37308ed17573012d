"""`manage.py key_backup`: a sealed copy of the key store, and the list of destroyed keys beside it."""

import os
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.keys.service import copies


class Command(BaseCommand):
    """From the next erasure on the list is out of date: renew it as often as you can, `--list-only`.

    Of a security module the copy holds the machine's counters alone.
    """

    help = "Copy the key store, sealed for a public key or a passphrase; the copy lives 30 days at most."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the copy goes, for whom, and for how long."""
        parser.add_argument("path", type=Path, help="the copy; the list of destroyed keys is PATH.destroyed")
        parser.add_argument("--for", dest="pem", type=Path, metavar="PEM", help="an operator's public key")
        parser.add_argument("--passphrase-file", type=Path, help="in place of a public key")
        parser.add_argument("--days", type=int, default=copies.LIVES.days, help="how long the copy lives")
        parser.add_argument("--list-only", action="store_true", help="write PATH.destroyed alone")

    def handle(self, *_: Any, path: Path, days: int, list_only: bool, **given: Any) -> None:
        """Write both, or the list."""
        if settings.KEY_SERVICE == "transit":
            raise CommandError("the transit service makes its copies itself, of keys and of counters")
        try:
            if not list_only:
                copy = copies.taken(settings.KEY_STORE, lives=timedelta(days=days))
                _write(path, copies.sealed(copy, recipient(given["pem"], given["passphrase_file"])))
                self.stdout.write(
                    f"{len(copy.keys)} keys and {len(copy.counters)} counters in {path}, until "
                    f"{copy.expires_at:%Y-%m-%d}: delete it then"
                )
            names = sorted(copies.destroyed_in(settings.KEY_STORE))
            _write(destroyed_list(path), "\n".join(names))
            self.stdout.write(f"{len(names)} destroyed keys in {destroyed_list(path)}")
        except copies.CopyRefused as problem:
            raise CommandError(str(problem)) from None


def recipient(pem: Path | None, passphrase: Path | None) -> copies.Recipient:
    """Return whom a copy is for, or who opens it. Raises CopyRefused where that is not said."""
    if pem is not None:
        return copies.of_pem(pem.read_bytes())
    if passphrase is not None:
        return copies.of_passphrase(passphrase.read_text(encoding="utf-8").strip())
    raise copies.CopyRefused("for whom: name a key in a PEM file, or --passphrase-file")


def destroyed_list(path: Path) -> Path:
    """Return where the list of destroyed keys of a copy is."""
    return path.with_name(f"{path.name}.destroyed")


def _write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
