"""JSON from outside: whatever is not plain JSON, or is built to exhaust the reader, is one error."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NoReturn

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class NotJson(ValueError):
    """The text is not JSON, nests too deep, or holds a number or a character that cannot be kept."""


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text (RFC 8259) that somebody else wrote; raises NotJson.

    NaN, Infinity and numbers beyond a double's range are no JSON; the reader's recursion limit bounds
    the depth. Half a surrogate pair is no character (RFC 7493 section 2.1), and NUL is one that
    PostgreSQL stores in no text; either would break whatever came to use it.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except (ValueError, RecursionError) as problem:
        raise NotJson(str(problem)) from None
    if not all(is_storable(each) for each in _texts(value)):
        raise NotJson("it holds NUL or half a surrogate pair")
    return value


def is_storable(text: str) -> bool:
    """Whether a text can be encoded and stored: it holds neither NUL nor half a surrogate pair."""
    return _UNSTORABLE.search(text) is None


def _texts(value: Any) -> Iterator[str]:
    """Give every text inside a JSON value, the names of members too."""
    waiting = [value]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            waiting += [*entry, *entry.values()]
        elif isinstance(entry, list):
            waiting += entry


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(text)
    return value
