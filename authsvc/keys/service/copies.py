"""Copies of the key service of one machine: sealed for an operator, and over after 30 days.

A copy holds the files of keys as they lie, each still sealed under its role's secret, with the counters and
the tombstones, as a JWE (RFC 7516) for a public key or a passphrase. It never travels with a copy of the
database. Who restores says which keys were destroyed since, and none of those comes back: their names are no
secret, and are written beside each copy.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from authsvc.core.clock import now
from authsvc.core.ids import b64u, unb64u
from authsvc.keys.service import disk
from authsvc.keys.service.counts import counts_in
from authsvc.keys.service.interface import address
from authsvc.keys.service.locking import locked

LIVES: Final = timedelta(days=30)
_TYPE: Final = "visor-key-store+jwe"
_CONTENT: Final = "A256GCM"
# NIST SP 800-132 asks for as many as people will wait for; this is what joserfc opens.
_ITERATIONS: Final = 300_000
_SHORTEST_PASSPHRASE: Final = 20
Recipient = ECKey | OctKey | OKPKey | RSAKey


class CopyRefused(Exception):
    """The copy cannot be made, opened or restored; the message says what to do."""


@dataclass(frozen=True)
class Copy:
    """The content of a copy: keys by name as their files hold them, counters, names destroyed."""

    made_at: datetime
    expires_at: datetime
    keys: dict[str, bytes]
    counters: dict[str, int]
    destroyed: frozenset[str]


@dataclass(frozen=True)
class Restored:
    """How much came back: keys, counters that moved on, and keys that stay destroyed."""

    keys: int
    counters: int
    destroyed: int


def of_passphrase(text: str) -> OctKey:
    """Return the recipient that a passphrase is. Raises CopyRefused for a short one."""
    if len(text) < _SHORTEST_PASSPHRASE:
        raise CopyRefused(f"a passphrase of {_SHORTEST_PASSPHRASE} characters or more, not {len(text)}")
    return OctKey.import_key(text)


def of_pem(pem: bytes) -> Recipient:
    """Return whom a public key seals for, or a private one opens as: P-256 and its kind, X25519, RSA.

    Raises CopyRefused.
    """
    for kind in (ECKey, OKPKey, RSAKey):
        try:
            return kind.import_key(pem)
        except (ValueError, TypeError, JoseError):
            continue
    raise CopyRefused("no key to seal for: a PEM file with a P-256, X25519 or RSA key")


def taken(folder: Path, *, lives: timedelta = LIVES) -> Copy:
    """Return what lies in a key store now. Raises CopyRefused for a life of more than 30 days."""
    if not timedelta() < lives <= LIVES:
        raise CopyRefused(f"a copy lives {LIVES.days} days at most")
    moment, destroyed = now(), destroyed_in(folder)
    keys = {json.loads(content)["name"]: content for content in _contents(folder, ".key")}
    return Copy(
        made_at=moment,
        expires_at=moment + lives,
        keys={name: content for name, content in keys.items() if name not in destroyed},
        counters=counts_in(folder).all(),
        destroyed=destroyed,
    )


def destroyed_in(folder: Path) -> frozenset[str]:
    """Return the names of the keys that were destroyed in a key store."""
    return frozenset(content.decode() for content in _contents(folder, ".gone"))


def _contents(folder: Path, ending: str) -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(folder.glob(f"*/*{ending}")))


def sealed(copy: Copy, recipient: Recipient) -> str:
    """Return the copy as a JWE that its recipient alone opens."""
    algorithm = _algorithm(recipient)
    header: dict[str, Any] = {"alg": algorithm, "enc": _CONTENT, "typ": _TYPE}
    if isinstance(recipient, OctKey):
        header["p2c"] = _ITERATIONS
    return jwe.encrypt_compact(header, _to_json(copy), recipient, [algorithm, _CONTENT])


def opened(text: str, recipient: Recipient) -> Copy:
    """Return what was sealed for this recipient; raises CopyRefused for an altered or an expired one."""
    try:
        found = jwe.decrypt_compact(text.strip(), recipient, [_algorithm(recipient), _CONTENT])
        copy = _from_json(found.plaintext or b"")
    except (JoseError, ValueError, KeyError, TypeError):
        raise CopyRefused("this is no copy of a key store, or another key or passphrase opens it") from None
    if found.protected.get("typ") != _TYPE:
        raise CopyRefused("this is no copy of a key store")
    _refuse_expired(copy)
    return copy


def _refuse_expired(copy: Copy) -> None:
    if copy.expires_at - copy.made_at > LIVES:
        raise CopyRefused(f"the copy says that it lives for more than {LIVES.days} days")
    if not copy.made_at - timedelta(minutes=5) <= now() < copy.expires_at:
        raise CopyRefused(
            f"the copy of {copy.made_at:%Y-%m-%d} expired on {copy.expires_at:%Y-%m-%d}: delete it"
        )


def restore(copy: Copy, folder: Path, *, destroyed: Iterable[str]) -> Restored:
    """Bring back the keys of a copy that were not destroyed, and let counters go on from where they were.

    `destroyed` is the newest list of keys that were destroyed; the store's own tombstones count too. Raises
    CopyRefused for a list that is older than the copy.
    """
    listed = frozenset(destroyed)
    if not copy.destroyed <= listed:
        raise CopyRefused("the list of destroyed keys is older than the copy: name a newer one (--destroyed)")
    known = listed | destroyed_in(folder)
    for name in sorted(known):
        _bury(_place(folder, name), name)
    back = [name for name in sorted(copy.keys) if name not in known]
    written = sum(_put(_place(folder, name), copy.keys[name]) for name in back)
    moved = counts_in(folder).raise_all(copy.counters)
    return Restored(written, moved, len(known))


def _place(folder: Path, name: str) -> Path:
    at = address(name)
    return folder / at[:2] / at


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    disk.make(path.parent.parent, path.parent)
    with locked(path.parent):
        yield


def _bury(place: Path, name: str) -> None:
    with _locked(place):
        if not place.with_suffix(".gone").exists():
            disk.replace(place.with_suffix(".gone"), name.encode(), disk.TOMBSTONES)
        disk.erase(place.with_suffix(".key"))


def _put(place: Path, content: bytes) -> bool:
    with _locked(place):
        if place.with_suffix(".key").exists() or place.with_suffix(".gone").exists():
            return False
        disk.replace(place.with_suffix(".key"), content, disk.PRIVATE)
        return True


def _algorithm(recipient: Recipient) -> str:
    match recipient:
        case OctKey():
            return "PBES2-HS512+A256KW"
        case RSAKey():
            return "RSA-OAEP-256"
        case _:
            return "ECDH-ES+A256KW"


def _to_json(copy: Copy) -> bytes:
    return json.dumps(
        {
            "made_at": copy.made_at.isoformat(),
            "expires_at": copy.expires_at.isoformat(),
            "keys": {name: b64u(content) for name, content in copy.keys.items()},
            "counters": copy.counters,
            "destroyed": sorted(copy.destroyed),
        }
    ).encode()


def _from_json(content: bytes) -> Copy:
    read = json.loads(content)
    return Copy(
        made_at=datetime.fromisoformat(read["made_at"]),
        expires_at=datetime.fromisoformat(read["expires_at"]),
        keys={str(name): unb64u(held) for name, held in read["keys"].items()},
        counters={str(name): int(value) for name, value in read["counters"].items()},
        destroyed=frozenset(read["destroyed"]),
    )
