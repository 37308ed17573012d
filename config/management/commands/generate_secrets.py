"""`manage.py generate_secrets`: writes secrets once, splits them by role, and adds what a release needs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import secretfiles, secrets


class Command(BaseCommand):
    """Generates the secrets of every role, adds those that a later release needs, and overwrites none."""

    help = "Write new secrets, split them by role, or add what is missing; nothing is overwritten."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take where the files of the roles are, and whether to add to what is there."""
        parser.add_argument(
            "--split",
            metavar="DIR",
            type=Path,
            help="a file a role in this folder: from the secrets file where there is one, else new ones",
        )
        parser.add_argument(
            "--add", action="store_true", help="with --split: add what this release needs to the files there"
        )

    def handle(self, *_: Any, split: Path | None, add: bool, **__: Any) -> None:
        """Write, split, or add."""
        try:
            self._write(split, add)
        except secrets.SecretsProblem as problem:
            raise CommandError(str(problem)) from None

    def _write(self, folder: Path | None, add: bool) -> None:
        if folder is not None and add:
            self._add_to_files(folder)
        elif folder is not None:
            self._split(folder)
        elif settings.SECRETS_FILE.exists():
            self._add(settings.SECRETS_FILE)
        else:
            self._write_new(settings.SECRETS_FILE, secrets.generate())

    def _write_new(self, path: Path, content: secrets.Content) -> None:
        try:
            secrets.write(path, content)
        except FileExistsError:
            self.stdout.write(f"{path} exists and is left as it is")
        else:
            self.stdout.write(f"wrote {path}")

    def _split(self, folder: Path) -> None:
        there = [path for path in secretfiles.paths(folder).values() if path.exists()]
        if there:
            raise CommandError(f"{there[0]} exists, and nothing is overwritten: --add adds what is missing")
        source = settings.SECRETS_FILE
        content = secrets.read(source) if source.exists() else secrets.generate()
        for section, held in secretfiles.split(content).items():
            self._write_new(secretfiles.paths(folder)[section], held)
        if source.exists():
            self.stdout.write(f"{source} still holds everything: remove it once every process has its file")

    def _add(self, path: Path) -> None:
        content, added = secretfiles.completed(secrets.read(path))
        if added:
            secrets.replace(path, content)
        self._say(added)

    def _add_to_files(self, folder: Path) -> None:
        found = {name: path for name, path in secretfiles.paths(folder).items() if path.exists()}
        whole, added = secretfiles.completed(
            secretfiles.joined(secrets.read(path) for path in found.values())
        )
        for section, held in secretfiles.split(whole).items():
            if section not in found:
                self._write_new(secretfiles.paths(folder)[section], held)
            elif secrets.read(found[section]) != held:
                secrets.replace(found[section], held)
        self._say(added)

    def _say(self, added: list[str]) -> None:
        self.stdout.write(
            "\n".join(f"added {name}" for name in added) or "nothing is missing, all is left as it is"
        )
