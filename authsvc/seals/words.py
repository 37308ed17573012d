"""A role's word on a part of a row that is not sealed as a whole: another role can check it, and make none.

A sealed row that is not believed is as if absent (`rows.py`). Where a row must be counted and ended whatever
was done to it, what decides in it bears its role's word instead.
"""

import json
from typing import Any, Final

from authsvc.core.envelope import context
from authsvc.seals.keys import keys_of, own_key, verifies
from authsvc.seals.kinds import Sealing
from authsvc.seals.sealing import CannotSeal

_IDENT: Final = 4


def word_of(role: Sealing, purpose: str, *said: Any) -> bytes:
    """Return a role's word on JSON values, for one purpose; raises CannotSeal without the role's key."""
    key = own_key(role)
    if key is None or key.signer is None:
        raise CannotSeal(f"{purpose}: only {role} may say this")
    return key.ident + key.signer.sign(_message(role, purpose, said))


def is_word_of(role: Sealing, word: bytes, purpose: str, *said: Any) -> bool:
    """Tell whether the role said exactly this for the purpose."""
    known = (key for key in keys_of(role) if key.ident == word[:_IDENT])
    return any(verifies(key.public, word[_IDENT:], _message(role, purpose, said)) for key in known)


def _message(role: Sealing, purpose: str, said: tuple[Any, ...]) -> bytes:
    return context("visor/word/v1", role, purpose, json.dumps(said, sort_keys=True, separators=(",", ":")))
