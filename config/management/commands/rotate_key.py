"""`manage.py rotate_key`: a new key for an old one, while everything runs."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from authsvc.keys.kek import TOKEN, VAULT
from authsvc.keys.service.chosen import key_service
from authsvc.keys.service.interface import KeyServiceProblem
from config import rotation, secrets
from config.rotation import Files, Rotated
from config.secrets import SecretsProblem

SETTLE_SECONDS = 10
IN_SERVICE = {TOKEN, VAULT}


class Command(BaseCommand):
    """Introduces the next key, uses it, makes anew what the old one made; retires the old one later.

    Each step can be repeated, and goes on where it stopped. Signing keys have their own command,
    `signing_keys`; workers' sample keys are new every five minutes, by themselves.
    """

    help = "Rotate keys of the secrets files; without a name, list them and how far each is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the keys, where the files are, and which part to do."""
        parser.add_argument("keys", nargs="*", metavar="SECTION.NAME", help="or `all`")
        parser.add_argument("--files", type=Path, help="the secrets file, or the folder of the roles' files")
        parser.add_argument("--retire", action="store_true", help="end a rotation: remove the old keys")
        parser.add_argument(
            "--settle",
            type=float,
            default=SETTLE_SECONDS,
            help=f"seconds until every process has read the files; {SETTLE_SECONDS}",
        )

    def handle(self, *_: Any, keys: list[str], files: Path | None, **asked: Any) -> None:
        """List, rotate, or retire."""
        place = Files(files or settings.SECRETS_FILE)
        try:
            wanted = _named(keys, place)
            if not wanted:
                self._list(place)
            elif asked["retire"]:
                self._retire(place, wanted)
            else:
                self._rotate(place, wanted, asked["settle"])
        except (SecretsProblem, KeyServiceProblem) as problem:
            raise CommandError(str(problem)) from None

    def _list(self, place: Files) -> None:
        whole = place.read()
        for key in rotation.there(whole):
            self.stdout.write(f"{key!s:28} {rotation.state(whole, key)}")

    def _rotate(self, place: Files, keys: Sequence[Rotated], settle: float) -> None:
        whole = place.read()
        in_files = [key for key in keys if not _lies_in_service(key) and not rotation.is_switched(whole, key)]
        for step in (rotation.introduce, rotation.switch) if in_files else ():
            for key in in_files:
                step(whole, key)
            place.write(whole)
            time.sleep(settle)
        for key in keys:
            if _lies_in_service(key):
                key_service().rotate(key.name)
            self._renew(whole, key)
            self.stdout.write(f"  then end it with `rotate_key {key} --retire`; until then, {key.kept}")

    def _retire(self, place: Files, keys: Sequence[Rotated]) -> None:
        whole = place.read()
        for key in keys:
            if rotation.state(whole, key) == "introduced":
                raise CommandError(f"{key} is introduced and not yet in use: run `rotate_key {key}` first")
            self._renew(whole, key)
            if _lies_in_service(key):
                key_service().retire(key.name)
            rotation.retire(whole, key)
            place.write(whole)
            self.stdout.write(f"the old {key} is gone")

    def _renew(self, whole: secrets.Content, key: Rotated) -> None:
        """Make anew what older keys made, with the keys of the role whose they are."""
        held = secrets.held(whole, [key.section])
        settings.SECRET_KEY, settings.SECRETS, settings.SECRET_KEY_FALLBACKS = held
        renewed = key.renew()
        self.stdout.write(f"{key}: {renewed.count} made anew")
        for line in renewed.lines:
            self.stdout.write(f"  {line}")


def _named(names: Sequence[str], place: Files) -> list[Rotated]:
    """Return the keys of these names. Raises CommandError for a name that is none."""
    if list(names) == ["all"]:
        return rotation.there(place.read())
    unknown = [name for name in names if name not in rotation.KEYS]
    if unknown:
        raise CommandError(f"{unknown[0]!r} is none of {', '.join(rotation.KEYS)}")
    return [rotation.KEYS[name] for name in names]


def _lies_in_service(key: Rotated) -> bool:
    return settings.KEY_SERVICE != "file" and key.name in IN_SERVICE
