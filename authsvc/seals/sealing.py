"""Sealing a row, and telling whether a row's seal holds.

A seal is: format (1 byte), role (1), key (4), the row's version (8), and a MAC (32) or a signature (64)
over all of these with kind, tenant, identity and fields in canonical JSON.
"""

import hmac
import json
from collections.abc import Collection
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import NoneType
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.keys.service.chosen import key_service
from authsvc.seals.keys import SealKey, keys_of, own_key, verifies
from authsvc.seals.kinds import Kind, Sealing, Values, kind_of

_FORMAT: Final = b"\x01"
_ROLES: Final[dict[bytes, Sealing]] = {b"w": "web", b"p": "portal"}
_LETTERS: Final = {role: letter for letter, role in _ROLES.items()}
_HEAD: Final = 14


class CannotSeal(Exception):
    """This process may not decide what the row says; which roles may is in the message."""


class NotBelieved(Refused):
    """A row without a valid seal would have been changed, and so vouched for."""

    def __init__(self, row: Model) -> None:
        super().__init__(
            "not-believed",
            _("This entry was changed from outside and cannot be used. Please ask your administrator."),
            detail=f"{row._meta.label} {row.pk} has no valid seal",
            status=409,
        )


class Stored(NamedTuple):
    """A row as the database holds it: whose and which it is, what it says, its seal, whether it is over."""

    tenant_id: UUID
    identity: Any
    values: Values
    seal: bytes | None
    over: bool


class Head(NamedTuple):
    """What a seal says of itself."""

    role: Sealing
    key: bytes
    version: int

    def to_bytes(self) -> bytes:
        """Return the beginning of the seal."""
        return _FORMAT + _LETTERS[self.role] + self.key + self.version.to_bytes(8, "big")

    @classmethod
    def of(cls, seal: bytes | None) -> "Head | None":
        """Return what a seal says of itself, None where it is none."""
        if seal is None or len(seal) <= _HEAD or seal[:1] != _FORMAT or seal[1:2] not in _ROLES:
            return None
        return cls(_ROLES[seal[1:2]], seal[2:6], int.from_bytes(seal[6:_HEAD], "big"))


def stored_of(row: Any) -> Stored:
    """Return a row that was just read as the database holds it."""
    kind = kind_of(type(row))
    seal = None if row.seal is None else bytes(row.seal)
    values = tuple([value if type(value) in _UNCHANGEABLE else _fixed(value) for value in kind.values(row)])
    return Stored(row.tenant_id, kind.identify(row), values, seal, kind.is_over(row))


def put_seal(row: Any, before: Stored | None = None) -> None:
    """Seal what is about to be stored, in the version that follows; saves nothing.

    `before` is how the database holds the row, None for a new one. What did not change keeps its seal, and
    what is over loses it. Raises NotBelieved where the stored row has no valid seal, since a change would
    vouch for it, and CannotSeal where this process may not decide what it says.
    """
    kind, after = kind_of(type(row)), stored_of(row)
    if after.over:
        _count_on(kind, before)
        row.seal = None
    elif before is None:
        row.seal = _made(kind, after, version=_least(kind, after))
    elif before.over or before[:3] != after[:3]:
        if before.over or not _verifies(kind, before):
            raise NotBelieved(row)
        row.seal = _made(kind, after, version=_next_version(kind, before, after))


def holds(row: Any) -> bool:
    """Tell whether a row is to be believed here: it is over, nobody checks it here, or its seal holds."""
    kind = kind_of(type(row))
    if kind.is_over(row) or not _is_checked_by(kind, tuple(settings.ROLES)):
        return True
    # What a row remembers of its reading spares every exchange of tokens to work it out again.
    return _verifies(kind, getattr(row, "_read_as", None) or stored_of(row))


@cache
def _is_checked_by(kind: Kind, roles: tuple[str, ...]) -> bool:
    return not set(kind.checked_by).isdisjoint(map(checks_as, roles))


def checks_as(role: str) -> str:
    """Return by whose eyes a role believes: scheduled work by web's, as it ends and renews what web made."""
    return "web" if role == "provider" else role


def forget(row: Any) -> None:
    """Note that a row is deleted, so that a copy of it does not count when it is put back."""
    _count_on(kind_of(type(row)), stored_of(row))


def _least(kind: Kind, stored: Stored) -> int:
    return key_service().current(counter_of(kind, stored)) if kind.counted else 0


def vouch(row: Any, by: Collection[Sealing]) -> bool:
    """Seal a row of a release before seals by the key of one of the roles; False where it needs none.

    False, too, where none of them may say what the row does: another role has its turn. Saves nothing. For
    `manage.py seal_rows` alone.
    """
    kind, stored = kind_of(type(row)), stored_of(row)
    if stored.seal is not None or stored.over:
        return False
    if not any(kind.may_say(role, stored.values) for role in by):
        return False
    row.seal = _made(kind, stored, version=_least(kind, stored), by=by)
    return True


def seal_anew(row: Any) -> bool:
    """Seal a row as it is by its role's key in use, where an older one did, and tell whether.

    Saves nothing, and vouches for nothing: the row keeps its version, and one whose seal does not hold keeps
    that. A role's seal is renewed where its key is held, and by that role alone.
    """
    kind, stored = kind_of(type(row)), stored_of(row)
    head = Head.of(stored.seal)
    key = own_key(head.role) if head is not None else None
    if head is None or key is None or head.key == key.ident or not _verifies(kind, stored):
        return False
    row.seal = _made_by(key, kind, stored, Head(head.role, key.ident, head.version))
    return True


def counter_of(kind: Kind, stored: Stored) -> str:
    """Return the name of the counter that a row's version is held against."""
    identity = stored.identity if isinstance(stored.identity, tuple) else (stored.identity,)
    return "/".join(map(str, ("seal", kind.name, stored.tenant_id, *identity)))


def _verifies(kind: Kind, stored: Stored) -> bool:
    head = Head.of(stored.seal)
    if head is None or stored.seal is None or not kind.may_say(head.role, stored.values):
        return False
    known = [key for key in keys_of(head.role) if key.ident == head.key]
    if not any(_checks(kind, key, stored, head) for key in known):
        return False
    # Of a kind that is not counted every version is at least that.
    return not kind.counted or head.version >= _least(kind, stored)


# A row is read several times in one sign-in, and a token at each call of an interface. What proved a row
# proves the same row again; whether it is the newest is asked each time.
@lru_cache(maxsize=4096)
def _checks(kind: Kind, key: SealKey, stored: Stored, head: Head) -> bool:
    message, proof = _message(kind, stored, head), (stored.seal or b"")[_HEAD:]
    if not kind.private:
        return verifies(key.public, proof, message)
    return key.mac is not None and hmac.compare_digest(hmac.digest(key.mac, message, "sha256"), proof)


def _made(kind: Kind, stored: Stored, *, version: int, by: Collection[Sealing] | None = None) -> bytes:
    for sealer in kind.sealed_by:
        key = own_key(sealer.role) if by is None or sealer.role in by else None
        if key is not None and kind.may_say(sealer.role, stored.values):
            return _made_by(key, kind, stored, Head(sealer.role, key.ident, version))
    may = " or ".join(sealer.role for sealer in kind.sealed_by)
    here = ", ".join(settings.ROLES) or "no role"
    raise CannotSeal(f"{kind.name}: only {may} may say what this row does, and here is {here} (VISOR_ROLES)")


def _made_by(key: SealKey, kind: Kind, stored: Stored, head: Head) -> bytes:
    return head.to_bytes() + _proof(kind, key, _message(kind, stored, head))


def _proof(kind: Kind, key: SealKey, message: bytes) -> bytes:
    assert key.mac is not None
    assert key.signer is not None
    return hmac.digest(key.mac, message, "sha256") if kind.private else key.signer.sign(message)


def _next_version(kind: Kind, before: Stored, after: Stored) -> int:
    head = Head.of(before.seal)
    assert head is not None
    if not kind.counted or kind.moved_only(before.values, after.values):
        return head.version
    _raise_at_commit(counter_of(kind, after), head.version + 1)
    return head.version + 1


def _count_on(kind: Kind, before: Stored | None) -> None:
    head = Head.of(before.seal) if before is not None else None
    if kind.counted and before is not None and head is not None:
        _raise_at_commit(counter_of(kind, before), head.version + 1)


def _raise_at_commit(name: str, value: int) -> None:
    # Not before: a change that is rolled back leaves the row as it was, in the version that it had.
    transaction.on_commit(lambda: key_service().advance(name, at_least=value))


def _message(kind: Kind, stored: Stored, head: Head) -> bytes:
    # What is not there is not spoken of, so that a column that a later release adds breaks no seal.
    # A nought is there.
    said = {
        name: value
        for name, value in zip(kind.spoken, stored.values, strict=True)
        if value is not None and value is not False and (value or not isinstance(value, str))
    }
    spoken = [kind.name, stored.tenant_id, stored.identity, said]
    return b"visor/seal/v1\x00" + head.to_bytes() + _JSON.encode(spoken).encode()


def _fixed(value: Any) -> Any:
    """Return a value as it is now, whatever is done to its lists and dictionaries later."""
    if isinstance(value, _CHANGEABLE):
        return _JSON.encode(value).encode() if value else None
    return bytes(value) if isinstance(value, memoryview) else value


def _plain(value: Any) -> str | dict[str, str]:
    """Return what JSON has no form for; the column tells its kind, so that none looks like another."""
    if isinstance(value, datetime):
        return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise TypeError(f"{type(value).__name__} cannot be sealed")


_CHANGEABLE: Final = (dict, list)
# What nearly all columns hold, so that little is asked of each.
_UNCHANGEABLE: Final = frozenset({str, int, bool, NoneType, datetime, UUID, bytes})
_JSON: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain)
