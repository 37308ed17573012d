"""The languages of the pages: English, and one for each folder in locale/ (docs/extending/language.md)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polib
from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

ENGLISH: Final = ("en", "English")
"""What the texts in the code are written in: it needs no folder."""


def languages(folder: Path) -> list[tuple[str, str]]:
    """Return the code of each language and what it calls itself, English first."""
    codes = sorted(to_language(source.parents[1].name) for source in _catalogues(folder))
    return [ENGLISH, *((code, LANG_INFO.get(code, {}).get("name_local", code)) for code in codes)]


def compile_catalogues(folder: Path) -> None:
    """Write beside each catalogue the form that gettext reads, where that is missing or older.

    It is done here, at the start of a process, so that nobody has to install GNU gettext for it.
    """
    for source in _catalogues(folder):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            # Several processes start at once: each writes its own and puts it in place whole.
            fresh = source.with_suffix(f".{os.getpid()}.mo")
            polib.pofile(str(source)).save_as_mofile(str(fresh))
            fresh.replace(compiled)


def _catalogues(folder: Path) -> Iterator[Path]:
    return folder.glob("*/LC_MESSAGES/django.po")
