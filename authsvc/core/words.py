"""Words as they are looked for: without accents, in small letters, in one form of Unicode."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 60
"""A word is cut after so many characters; what is looked for too."""
MOST: Final = 12
"""So many words of one text count."""
# What no form of Unicode takes apart, though people type it without.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_WORD: Final = re.compile(r"[^\W_]+")
# The last character that there is: every text that begins with another one lies before that one and this.
_LAST: Final = "\U0010ffff"


def folded(text: str) -> str:
    """Return a text as it is looked for: "Zoë Łuk" and "ZOE LUK" are the same."""
    if text.isascii():
        return text.lower()  # the same, and a tenth of the time: a thousand names are looked through at once
    apart = unicodedata.normalize("NFKD", text).casefold()
    without = "".join(each for each in apart if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", without).translate(_PLAIN)


def words(*texts: str) -> list[str]:
    """Return the different words of texts, folded, and each text without blanks as a word of its own.

    So "ada@example.org" is found by itself, by "ada" and by "example".
    """
    found: list[str] = []
    for text in texts:
        plain = folded(text)
        inside = _WORD.findall(plain)
        whole = plain.strip()
        found += [*([whole] if " " not in whole else []), *inside[:MOST]]
    return list(dict.fromkeys(word[:LONGEST] for word in found if word))


def looked_for(text: str) -> list[str]:
    """Return the words that somebody looks for, as they stand between blanks."""
    return list(dict.fromkeys(word[:LONGEST] for word in folded(text).split()))[:MOST]


def beginnings(word: str) -> tuple[str, str]:
    """Return from where and to where the words lie that begin with a word, in the order of code points.

    A comparison that PostgreSQL uses an index for under row-level security, as it does not for LIKE.
    """
    return word, word + _LAST
