"""What a script of the capture page does, as a text that stays alike where only words about it change.

The text is the script's tokens: without comments, and without spaces and ends of lines where these mean
nothing. Strings, templates and regular expressions are kept as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_SPACE: Final = re.compile(r"(?:\s|//[^\n\r\u2028\u2029]*|/\*.*?\*/)+", re.DOTALL)
_PLAIN: Final = re.compile(
    r"""
    (?:"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
  | (?:0[xXoObB]\w+ | (?:\d[\d_]*\.?[\d_]* | \.\d[\d_]*) (?:[eE][+-]?\d+)? n? )
  | (?:\#?[\w$]+ )
  | (?:>>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)
            |\+\+|--|\+=|-=|\*=|%=|&=|\|=|\^=|<<|>>|\*\*|[{}()\[\];,<>+\-*%&|^!~?:=.@] )
    """,
    re.VERBOSE | re.DOTALL,
)
_REGULAR_EXPRESSION: Final = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_DIVISION: Final = re.compile(r"/=?")
_VALUE: Final = re.compile(
    r"""["'].*["'] | .*` | /.+/\w* | \.?[\w$\#].* | \] | \+\+ | --""", re.VERBOSE | re.DOTALL
)
"""Tokens that a value ends with."""
_TEMPLATE: Final = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(?:`|\$\{)", re.DOTALL)

_BEFORE_A_VALUE: Final = {
    *("return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "instanceof"),
    *("do", "else", "yield", "await", "default"),
}
_CONDITIONS: Final = {"if", "while", "for", "with"}
_ENDED_BY_A_LINE: Final = {"return", "throw", "break", "continue", "yield", "async"}


def tokens(text: str) -> list[str]:
    """Return a script's tokens; the end of a line is one of them where it may end a statement.

    Raises ValueError where a slash may begin a regular expression as well as divide, and for what is no
    script.
    """
    return list(_Reader(text).read())


def meaning(text: str, *, names: Mapping[str, str]) -> str:
    """Return what a script does as one text; `names` gives the logical name of a script by its file's.

    A script that has none is imported without any, as it does not count. Raises ValueError.
    """
    found = tokens(text)
    for place, token in enumerate(found):
        if found[place - 1 : place] in (["from"], ["import"]) and token[1:3] == "./":
            found[place] = f"./{names.get(token[3:-1], '')}"
    return "\0".join(found)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._last, self._before = "", ""
        self._open: list[str] = []
        self._closed = ""
        """What stood before the bracket that was closed last."""

    def read(self) -> Iterator[str]:
        while True:
            new_line = self._pass_space()
            if self._at >= len(self._text):
                break
            token = self._next()
            if new_line and (self._last in _ENDED_BY_A_LINE or token in ("++", "--")):
                yield "\n"
            yield token
            self._before, self._last = self._last, token
        if self._open:
            raise ValueError("the script ends within brackets")

    def _pass_space(self) -> bool:
        space = _SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return bool(space and re.search(r"[\n\r\u2028\u2029]", space[0]))

    def _next(self) -> str:
        first = self._text[self._at]
        if first == "/":
            return self._take(_DIVISION if self._divides() else _REGULAR_EXPRESSION)
        if first == "`" or (first == "}" and self._open[-1:] == ["${"]):
            return self._template(first)
        token = self._take(_PLAIN)
        if token in ("(", "[", "{"):
            self._open.append(self._last + token)
        elif token in (")", "]", "}"):
            self._close(token)
        return token

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"no script from here on: {self._text[self._at : self._at + 40]!r}")
        self._at = found.end()
        return found[0]

    def _close(self, token: str) -> None:
        if not self._open or self._open[-1][-1] != {")": "(", "]": "[", "}": "{"}[token]:
            raise ValueError(f"{token} closes nothing")
        self._closed = self._open.pop()[:-1]

    def _template(self, first: str) -> str:
        if first == "}":
            self._open.pop()
        self._at += 1
        part = self._take(_TEMPLATE)
        if part.endswith("${"):
            self._open.append("${")
        return first + part

    def _divides(self) -> bool:
        """Tell whether a slash divides here; raises ValueError where only a whole grammar could tell."""
        last = self._last
        if last == "}" or (last in _BEFORE_A_VALUE and self._before in (".", "?.")):
            raise ValueError(f"a slash after {last!r} may divide or not: write it otherwise")
        if last == ")":
            return self._closed not in _CONDITIONS
        return last not in _BEFORE_A_VALUE and bool(_VALUE.fullmatch(last))
