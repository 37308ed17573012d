"""Who writes events in this process, and the keys by which what others wrote is known to be theirs."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from authsvc.audit.leaves import BEFORE, IDENT, LETTERS, WRITERS, leaf_of, mac_of
from authsvc.audit.notes import Verifier

# A rotation holds them beside the one in use (authsvc/keys/held.py, which is above).
_ENDINGS: Final = ("", ".next", ".previous")
_MAC: Final = slice(1 + IDENT, None)


class CannotWrite(Exception):
    """This process has no key to write events by; the message says what to do."""


class Writer(NamedTuple):
    """Whose name this process's events bear, and the key of their MACs."""

    name: str
    key: bytes
    begins: bytes

    def mac(self, tenant_id: object, leaf: bytes) -> bytes:
        """Return what is stored of a leaf of this writer's: its letter, the key's id, the MAC."""
        return self.begins + mac_of(self.key, tenant_id, leaf)


def own_writer() -> Writer:
    """Return who writes here; raises CannotWrite. Of a process that plays several roles it is the first."""
    for name in (*settings.ROLES, "migrator"):
        key = settings.SECRETS.get(f"log_key_{name}")
        if key is not None:
            return _writer(name, key)
    raise CannotWrite(
        "there is no key to write to the audit log by: run `manage.py generate_secrets` without VISOR_ROLES, "
        "which adds, and let VISOR_SECRETS_FILE name the file"
    )


@lru_cache(maxsize=16)
def _writer(name: str, key: bytes) -> Writer:
    return Writer(name, key, LETTERS[name] + _ident(key))


def _ident(key: bytes) -> bytes:
    return hashlib.sha256(b"visor/log/key/v1" + key).digest()[:IDENT]


class Known(NamedTuple):
    """The keys of every writer, by letter and id, as the process that sequences holds them."""

    keys: Mapping[bytes, bytes]

    def wrote(self, tenant_id: object, stored: bytes, leaf: bytes) -> bool | None:
        """Tell whether a stored MAC is its writer's on a leaf; None where that key is not known here."""
        key = self.keys.get(stored[: 1 + IDENT])
        if key is None:
            return None
        return hmac.compare_digest(mac_of(key, tenant_id, leaf), stored[_MAC])

    @property
    def all(self) -> bool:
        """Whether every writer's key is known here, so that a MAC by another is nobody's."""
        return set(WRITERS) <= {begins[:1] for begins in self.keys}


def known_writers() -> Known:
    """Return the keys of writers that this process holds."""
    return Known(dict(_known()))


def _known() -> Iterator[tuple[bytes, bytes]]:
    for letter, name in WRITERS.items():
        for ending in _ENDINGS:
            key = settings.SECRETS.get(f"log_key_{name}{ending}")
            if key is not None:
                yield letter + _ident(key), key


def leaf_of_row(event: Mapping[str, Any]) -> bytes | None:
    """Return the leaf of an event as its row says it; None where its salt is gone and nothing can be said.

    What a release before this log left has its old digest for a salt.
    """
    mac, salt = event["mac"], event["salt"]
    if mac is None:
        return leaf_of(event, salt=bytes.fromhex(event["digest"]), writer=BEFORE) if event["digest"] else None
    name = WRITERS.get(bytes(mac[:1]))
    if salt is None or name is None:
        return None
    return leaf_of(event, salt=bytes(salt), writer=name)


def signer() -> Ed25519PrivateKey | None:
    """Return the key that signs checkpoints, None where this process does not hold it."""
    held = settings.CHECKPOINT_KEY.get("checkpoint_private_key") or settings.SECRETS.get(
        "checkpoint_private_key"
    )
    return None if held is None else Ed25519PrivateKey.from_private_bytes(held)


def verifier(origin: str) -> Verifier | None:
    """Return the public key of a log's checkpoints, None where this process knows none."""
    public = settings.SECRETS.get("checkpoint_public_key")
    return None if public is None else Verifier(origin, public)
