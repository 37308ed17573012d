"""What a page offers: its headings, and what can be pressed on it."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_WITHOUT_SCRIPTS = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
_EMPTY = frozenset({"input", "meta", "link", "br", "hr", "img", "path", "rect", "circle", "ellipse", "use"})


@dataclass
class Part:
    """A page, or one of the screens that it shows in turn."""

    name: str = ""
    headings: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    forms: list[tuple[str, str]] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def ways(self) -> list[str]:
        """What can be pressed, in words."""
        return [word for word in self.words if word]


class Reader(HTMLParser):
    """Reads the main part of a page; `parts` holds the page itself, then its screens."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [Part()]
        self._open: list[tuple[str, dict[str, str]]] = []
        self._text: list[str] | None = None
        self._form: tuple[str, str] | None = None

    @property
    def _inside(self) -> bool:
        return any(tag in {"main", "footer", "header"} for tag, _ in self._open)

    @property
    def _hidden(self) -> bool:
        """Whether a script has to show it first; screens are, and the way back is, wherever there is one."""
        hidden = [given for _, given in self._open if "hidden" in given]
        return any("data-screen" not in given and "data-back" not in given for given in hidden)

    @property
    def _part(self) -> Part:
        named = [given["data-screen"] for _, given in self._open if "data-screen" in given]
        return next(part for part in self.parts if part.name == (named[-1] if named else ""))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _EMPTY:
            return
        if "data-screen" in given:
            self.parts.append(Part(given["data-screen"]))
        self._open.append((tag, given))
        if tag == "form":
            self._form = (given.get("method", "get"), given.get("action", ""))
        if tag in {"h1", "a", "button"}:
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in _EMPTY or not any(name == tag for name, _ in self._open):
            return
        while self._open[-1][0] != tag:
            self._open.pop()
        _, given = self._open[-1]
        text = " ".join("".join(self._text or []).split())
        part = self._part
        if tag == "h1":
            part.headings.append(text)
        elif tag == "a" and self._inside and not self._hidden and not given.get("href", "#").startswith("#"):
            part.links.append(given["href"])
            part.words.append(text)
        elif tag == "button" and self._inside and not self._hidden:
            self._press(part, given, text)
        elif tag == "form":
            self._form = None
        if tag in {"h1", "a", "button"}:
            self._text = None
        self._open.pop()

    def _press(self, part: Part, given: dict[str, str], text: str) -> None:
        if "data-act" in given or "data-back" in given:
            part.acts.append(given.get("data-act", "back"))
            part.words.append(text)
        elif given.get("type", "submit") == "submit" and (self._form or "form" in given):
            part.forms.append(self._form or ("post", ""))
            part.words.append(text)


def read(html: str) -> list[Part]:
    """Return the page and its screens."""
    reader = Reader()
    reader.feed(_WITHOUT_SCRIPTS.sub("", html))
    return reader.parts
