"""A made-up language, in which every marked text stands in brackets: what has none was not marked."""

import re
from functools import cache
from html.parser import HTMLParser
from typing import Any, Final

import pytest
from django.apps import apps
from django.utils.translation import trans_real

from tests.arch.texts import SAMPLES, SPOKEN

CODE: Final = "xx"
OPEN, CLOSE = "⟦", "⟧"
_INNERMOST = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_WORD = re.compile(r"[^\W\d_]{2,}")


class Bracketed(trans_real.DjangoTranslation):
    """A catalogue that holds every text there is, each as itself in brackets."""

    def __init__(self) -> None:  # without a folder to read from
        self._language = CODE

    def language(self) -> str:
        return self._language

    def to_language(self) -> str:
        return self._language

    def gettext(self, message: str) -> str:
        context, _separator, text = message.rpartition(trans_real.CONTEXT_SEPARATOR)
        return f"{OPEN}{text if context else message}{CLOSE}"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        return self.ngettext(singular, plural, number)


def speak(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offer the language for the rest of a test."""
    settings.LANGUAGES = [("en", "English"), (CODE, "Brackets")]
    monkeypatch.setitem(vars(trans_real)["_translations"], CODE, Bracketed())
    monkeypatch.setattr(trans_real, "check_for_language", cache(lambda code: code in {"en", CODE}))


def unmarked(page: str, data: set[str]) -> list[str]:
    """Return what people read on a page that stands in no brackets, and is no data either."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return [text for text in reader.seen if _WORD.search(_without(text, data))]


def _without(text: str, data: set[str]) -> str:
    while _INNERMOST.search(text):
        text = _INNERMOST.sub(" ", text)
    words = " ".join(text.split())
    if words in data:
        return ""
    parts = [part for part in re.split(r" [·–] |, ", words) if part not in data]
    return " ".join(word for part in parts for word in re.split(r"[\s·,;:–…()|]+", part) if word not in data)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._open: list[str] = []
        self._broken = False  # within a word, where a line may break

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._broken = tag == "wbr"
        if self._broken:
            return
        self._open.append(tag)
        self.seen[:0] = [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._broken = False
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if (SAMPLES | {"textarea"}) & set(self._open):
            return
        if self._broken or self._in_a_sentence():
            self.seen[-1] += data
        else:
            self.seen.append(data)

    def _in_a_sentence(self) -> bool:
        """Whether the last text goes on, after a moment or a link within it."""
        return bool(self.seen) and self.seen[-1].count(OPEN) > self.seen[-1].count(CLOSE)


def stored() -> set[str]:
    """Return every text in the database, those inside JSON too."""
    found: set[str] = set()
    for model in apps.get_models():
        for row in model._base_manager.values():
            for value in row.values():
                _collect(value, found)
    return found


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            found.add(str(name))
            _collect(inner, found)
    elif isinstance(value, list | tuple):
        found.add(str(value))
        for inner in value:
            _collect(inner, found)
    elif value is not None and not isinstance(value, bytes | memoryview):
        found.add(str(value))
