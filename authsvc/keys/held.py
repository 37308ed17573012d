"""The keys that a process holds in its secrets: which one it uses, and which others it accepts meanwhile.

While a key is rotated its secrets hold it under three names: `token_kek`, which is used, and
`token_kek.next` and `token_kek.previous`, under which other processes may still, or already, seal.
"""

from typing import Final

from django.conf import settings

NEXT: Final = ".next"
PREVIOUS: Final = ".previous"
ENDINGS: Final = ("", NEXT, PREVIOUS)
"""What a name ends in, the key in use first."""


def django_keys() -> list[bytes]:
    """Return Django's own keys of this process, the one in use first."""
    return [key.encode() for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def accepted(name: str) -> list[bytes]:
    """Return the keys of this name that open or verify, the one in use first; none where it is not held."""
    held = settings.SECRETS
    return [held[each] for each in (name + ending for ending in ENDINGS) if each in held]
