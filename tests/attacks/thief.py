"""Somebody who has stolen pieces, and knows how they go together (vault/opening.py, vault/bundles.py)."""

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from authsvc.core.envelope import CannotOpen, context, derive, unseal
from authsvc.keys.service.file import Entry

SEALED = ("sealed_template", "sealed_server_share", "wrapped_key", "vault_key")
KEY_BYTES = 32


class Thief:
    """Opens whatever it can with what it has: each sealed piece with each key, and with keys made of two.

    One of the two may be nothing, as where a model takes no share of a phone. `row` is a reference's with its
    wrap and the tenant's vault key; what it names is no secret, what it seals is the thief's where `database`
    says so. `keys` are secrets of servers and the share of a phone, `store` the files of a store of keys,
    `bundles` what a phone keeps.
    """

    def __init__(
        self,
        row: Mapping[str, Any],
        *,
        database: bool = False,
        keys: Iterable[bytes] = (),
        store: Path | None = None,
        bundles: Iterable[bytes] = (),
    ) -> None:
        self._keys = {key for key in keys if len(key) == KEY_BYTES}
        self._pieces = {bytes(row[name]) for name in SEALED} if database else set()
        self._pieces |= set(bundles)
        self._contexts, self._makes = _contexts_of(row), _makes_of(row)
        self._tried: set[tuple[bytes, bytes]] = set()
        for path in store.glob("*/*.key") if store is not None else ():
            entry = Entry.from_bytes(path.read_bytes())
            self._pieces |= set(entry.versions.values())
            self._contexts |= {context("visor/key/v1", entry.name, each) for each in entry.versions}

    def everything(self) -> set[bytes]:
        """Return all that comes to light, until nothing more does."""
        opened: set[bytes] = set()
        while new := self._once() - opened:
            opened |= new
            self._keys |= {each for each in new if len(each) == KEY_BYTES}
            self._pieces |= new
        return opened

    def _once(self) -> set[bytes]:
        made = {
            derive(one, other, info=info)
            for one, other, info in itertools.product({b"", *self._keys}, self._keys, self._makes)
        }
        sealed = self._pieces | {piece[4:] for piece in self._pieces}
        untried = set(itertools.product(self._keys | made, sealed)) - self._tried
        self._tried |= untried
        return {
            plain
            for (key, piece), aad in itertools.product(untried, self._contexts)
            if (plain := _unsealed(key, piece, aad)) is not None
        }


def _named(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return str(row["tenant_id"]), row["pseudonym"], row["model"]


def _wrap(row: Mapping[str, Any]) -> bytes:
    return context("wrap", *_named(row), row["version"], row["device"], row["share_kind"])


def _bundle(row: Mapping[str, Any]) -> bytes:
    return context("bundle", *_named(row), row["engine"], row["version"], row["device"])


def _contexts_of(row: Mapping[str, Any]) -> set[bytes]:
    tenant = str(row["tenant_id"])
    return {
        context("reference", *_named(row), row["engine"], row["version"]),
        _wrap(row),
        _bundle(row) + context("moment", row["pseudonym"]),
        context("vault-key", tenant),
        context("signing-key", tenant),
    }


def _makes_of(row: Mapping[str, Any]) -> tuple[bytes, ...]:
    return (
        b"visor/wrap/v1" + _wrap(row),
        b"visor/bundle/v1" + _bundle(row) + context(row["share_kind"]),
    )


def _unsealed(key: bytes, piece: bytes, aad: bytes) -> bytes | None:
    try:
        return unseal(key, piece, aad)
    except CannotOpen:
        return None
