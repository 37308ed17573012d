"""Every text for people is there in every language: none missing, none left over, none left in English."""

import re
from pathlib import Path
from typing import Final

import polib
import pytest

from devtools.catalogues import bring_up_to_date, catalogues, marked

CATALOGUES: Final = {path.parents[1].name: path for path in catalogues()}
HOLDERS: Final = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>|%%")

Key = tuple[str, str]


@pytest.fixture(scope="module")
def texts() -> polib.POFile:
    """Every text that is marked in the sources."""
    return marked()


def keys(entries: polib.POFile) -> set[Key]:
    return {(entry.msgctxt or "", entry.msgid) for entry in entries if not entry.obsolete}


def said(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Return each form of a text with its translation."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid_plural if at else entry.msgid, text) for at, text in entry.msgstr_plural.items()]


def filled_alike(plural: str, source: str, text: str) -> bool:
    """Whether a translation holds what its source does; one of two may name the count that one does not."""
    held, wanted = sorted(HOLDERS.findall(text)), sorted(HOLDERS.findall(source))
    return held == wanted or (bool(plural) and held == sorted(HOLDERS.findall(plural)))


def test_portal_capture_page_and_mails_speak_three_languages() -> None:
    assert {"de", "fr"} <= set(CATALOGUES)


@pytest.mark.needs("gettext")
@pytest.mark.parametrize("language", CATALOGUES)
def test_no_text_is_missing_and_none_is_left_over(language: str, texts: polib.POFile) -> None:
    """`make messages` brings a catalogue up to date; then somebody translates what is new."""
    catalogue = polib.pofile(str(CATALOGUES[language]))
    assert keys(catalogue) == keys(texts)
    assert [entry.msgid for entry in catalogue if entry.fuzzy or not all(t for _, t in said(entry))] == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_filled_in_later_is_in_each_translation(language: str) -> None:
    wrong = [
        (source, text)
        for entry in polib.pofile(str(CATALOGUES[language]))
        for source, text in said(entry)
        if sorted(HOLDERS.findall(source)) != sorted(HOLDERS.findall(text))
        and not (
            entry.msgid_plural and set(HOLDERS.findall(text)) <= set(HOLDERS.findall(entry.msgid_plural))
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_the_same_as_in_english_was_meant_to_be(language: str) -> None:
    """The list of those that are beside the catalogue: names, terms of protocols, words of both languages."""
    path = CATALOGUES[language]
    same = {
        entry.msgid for entry in polib.pofile(str(path)) for source, text in said(entry) if source == text
    }
    listed = (path.parents[1] / "same.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(same) == [line for line in listed if not line.startswith("#")]


@pytest.mark.needs("gettext")
def test_a_text_that_is_new_stands_there_untranslated_and_one_that_is_gone_is_gone(
    tmp_path: Path, texts: polib.POFile
) -> None:
    path = tmp_path / "django.po"
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Cancel"\nmsgstr "Anders"\n\nmsgid "Nobody says this"\nmsgstr "?"\n',
        encoding="utf-8",
    )
    assert bring_up_to_date(path, texts) == len(texts) - 1
    written = polib.pofile(str(path))
    assert written.find("Cancel").msgstr == "Anders"
    assert keys(written) == keys(texts)
