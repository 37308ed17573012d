"""What kinds of values the settings of a relying party have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of value.

    `expected` says what client metadata must hold for it, and `fits` whether they do; `read` and `write`
    turn that into the value and back. `empty` is the value of a setting that nobody has set.
    """

    expected: str
    fits: Callable[[Any], bool]
    empty: Any
    read: Callable[[Any], Any] = _same
    write: Callable[[Any], Any] = _same


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.split()))


TEXT: Final = Kind("a text", _is_text, "")
ADDRESS: Final = Kind("a text", _is_text, "")
CHOICE: Final = Kind("a text", _is_text, "")
# Of a signature; every setting of this kind is held to keys.algorithms.
ALGORITHM: Final = Kind("a text", _is_text, "")
TEXTS: Final = Kind("a list of texts", _is_texts, ())
ADDRESSES: Final = Kind("a list of texts", _is_texts, ())
# DER in base64.
CERTIFICATES: Final = Kind("a list of certificates, each DER in base64", _is_texts, ())
# Some of the choices; one text with blanks on the wire (RFC 6749 section 3.3).
SCOPE: Final = Kind("a text", _is_text, (), _words, " ".join)
FLAG: Final = Kind("true or false", lambda value: isinstance(value, bool), False)
SECONDS: Final = Kind("a number of seconds", _is_seconds, None)
KEYS: Final = Kind("an object", lambda value: isinstance(value, dict), None)
