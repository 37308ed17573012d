"""What recovery codes look like, of administrators and of people: random, written in groups, kept as hashes.

A code has 80 random bits, which nobody guesses, so that a plain hash of it is all that is kept.
"""

import base64
import re
import secrets
from typing import Final

from authsvc.core.ids import secret_hash

COUNT: Final = 10
"""How many are made at once."""

_GROUP: Final = 4
_BYTES: Final = 10
# Base32 has none of these digits, so they are letters that somebody has misread.
_MISREAD: Final = str.maketrans("018", "OIB")


def new_letters(size: int = _BYTES) -> str:
    """Return so many random bytes, a multiple of five, in base32."""
    return base64.b32encode(secrets.token_bytes(size)).decode()


def in_groups(code: str) -> str:
    """Return a code as people are shown it."""
    return "-".join(re.findall(f".{{1,{_GROUP}}}", code))


def letters_of(text: str) -> str:
    """Return the code that somebody wrote: whatever the case, the groups, and digits for letters."""
    return re.sub(r"[^0-9A-Z]", "", text.upper()).translate(_MISREAD)


def digest_of(text: str) -> str:
    """Return what is kept of a code, however it is written: its SHA-256, hexadecimal."""
    return secret_hash(letters_of(text))
