"""A language is a folder: what is offered, and when its catalogue is compiled."""

import gettext
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

from config.languages import compile_catalogues, languages

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def write(folder: Path, locale: str, yes: str) -> Path:
    """Write a catalogue with one text, and one that nobody has looked at yet."""
    catalogue = folder / locale / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    fuzzy = '#, fuzzy\nmsgid "No"\nmsgstr "?"\n'
    catalogue.write_text(f'{HEAD}msgid "Yes"\nmsgstr "{yes}"\n\n{fuzzy}', encoding="utf-8")
    return catalogue


def said(folder: Path, locale: str, text: str) -> str:
    return gettext.translation("django", folder, [locale]).gettext(text)


def test_english_needs_no_folder(tmp_path: Path) -> None:
    assert languages(tmp_path / "missing") == [("en", "English")]
    (tmp_path / "de" / "LC_MESSAGES").mkdir(parents=True)
    assert languages(tmp_path) == [("en", "English")]


def test_each_folder_is_a_language_by_its_own_name(tmp_path: Path) -> None:
    for locale in ("pt_BR", "xx", "de"):
        write(tmp_path, locale, "?")
    assert languages(tmp_path) == [
        ("en", "English"),
        ("de", "Deutsch"),
        ("pt-br", "Português Brasileiro"),
        ("xx", "xx"),
    ]


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("en", "3 May 2026", "3 May 2026, 14:02"),
        ("de", "3. Mai 2026", "3. Mai 2026 14:02"),
        ("fr", "3 mai 2026", "3 mai 2026 14:02"),
    ],
)
def test_a_date_is_written_as_its_reader_writes_it(language: str, day: str, moment: str) -> None:
    at = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
    with override(language):
        assert date_format(at, "DATE_FORMAT") == day
        assert date_format(at, "DATETIME_FORMAT") == moment


def test_a_catalogue_is_compiled_once_and_again_when_it_changed(tmp_path: Path) -> None:
    catalogue = write(tmp_path, "de", "Jä")
    compile_catalogues(tmp_path)
    assert (said(tmp_path, "de", "Yes"), said(tmp_path, "de", "No")) == ("Jä", "No")
    compiled = catalogue.with_suffix(".mo")
    made = compiled.stat().st_mtime_ns
    compile_catalogues(tmp_path)
    assert compiled.stat().st_mtime_ns == made
    write(tmp_path, "de", "Doch")
    os.utime(catalogue, ns=(made + 10**9, made + 10**9))
    compile_catalogues(tmp_path)
    assert b"Doch" in compiled.read_bytes()
    assert sorted(path.name for path in catalogue.parent.iterdir()) == ["django.mo", "django.po"]


def test_a_compiled_catalogue_needs_no_folder_that_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "de", "Ja")
    compile_catalogues(tmp_path)
    monkeypatch.setattr("polib.pofile", lambda *_: pytest.fail("it was compiled again"))
    compile_catalogues(tmp_path)
