"""The catalogues of texts for people: what stands in the sources, and bringing each language up to it.

`make messages` writes locale/*/LC_MESSAGES/django.po anew: texts that are new stand there untranslated, those
that are gone are gone. GNU gettext finds the texts, by Django's own command.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polib

ROOT: Final = Path(__file__).resolve().parents[1]
LOCALE: Final = ROOT / "locale"
SPEAKING: Final = ("authsvc", "config", "portal", "rp", "templates")
"""Where texts for people may stand."""


def catalogues() -> list[Path]:
    """Return the path of each language's catalogue."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def marked() -> polib.POFile:
    """Return every text that is marked in the sources, untranslated.

    Raises CalledProcessError where GNU gettext is missing or a template cannot be read.
    """
    command = [sys.executable, "-m", "django", "makemessages", "--locale=en", "--no-wrap"]
    with TemporaryDirectory() as scratch:
        for name in SPEAKING:
            # A copy: the command writes files beside templates, which whoever reads the sources would meet.
            shutil.copytree(ROOT / name, Path(scratch, name), ignore=shutil.ignore_patterns("__pycache__"))
        Path(scratch, "locale").mkdir()
        bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(
            [*command, "--no-location"], cwd=scratch, env=bare, check=True, capture_output=True, text=True
        )
        return polib.pofile(str(Path(scratch, "locale", "en", "LC_MESSAGES", "django.po")))


def bring_up_to_date(path: Path, texts: polib.POFile) -> int:
    """Write a catalogue with these texts and no others; returns how many of them have no translation yet."""
    catalogue = polib.pofile(str(path), wrapwidth=0)
    catalogue.merge(texts)
    for gone in catalogue.obsolete_entries():
        catalogue.remove(gone)
    catalogue.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    catalogue.save(str(path))
    return len(catalogue.untranslated_entries())


def main() -> None:
    """Bring every catalogue up to date, and say what is left to translate."""
    texts = marked()
    for path in catalogues():
        left = bring_up_to_date(path, texts)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {len(texts)} texts, {left} to translate\n")


if __name__ == "__main__":
    main()
