"""The key service of one machine: a folder with a file a key, apart from the database and its backups.

A key lies sealed under the secret `key_store` of the role that made it. So every role that may write to the
folder can destroy a key, and only its own role can use one. Changes are made under a lock, written to a new
file that takes the old one's place, and flushed to the disk. What is destroyed is overwritten, as far as the
file system overwrites in place, and leaves a tombstone.
"""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from authsvc.core.envelope import CannotOpen, context, seal, unseal, unseal_any
from authsvc.core.ids import b64u, unb64u
from authsvc.keys.service import disk
from authsvc.keys.service.counts import counts_in
from authsvc.keys.service.interface import (
    CannotUnwrap,
    KeyGone,
    KeyServiceDown,
    NotAllowed,
    address,
    split_version,
    with_version,
)
from authsvc.keys.service.locking import locked


@dataclass(frozen=True)
class Entry:
    """A key as it lies in its file: each version sealed under the secret of its role."""

    name: str
    latest: int
    versions: dict[int, bytes] = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        versions = {str(number): b64u(sealed) for number, sealed in self.versions.items()}
        return json.dumps({"name": self.name, "latest": self.latest, "versions": versions}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Entry":
        """Return the key of a file. Raises KeyServiceDown for a damaged one."""
        try:
            read: dict[str, Any] = json.loads(content)
            versions = {int(number): unb64u(sealed) for number, sealed in read["versions"].items()}
            return cls(read["name"], read["latest"], versions)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeyServiceDown("the file of a key is damaged") from None


@dataclass(frozen=True)
class FileKeys:
    """Keys and counters in a folder.

    `secrets_` gives what the process's role seals its keys under, the one in use first.

    A process without a role has none: it can destroy keys and move counters, and open nothing.
    """

    folder: Path
    secrets_: Callable[[], Sequence[bytes]]

    def create(self, name: str) -> None:
        """Make a key where there is none; raises KeyGone where one was destroyed."""
        with self._locked(name) as place:
            if _gone(place).exists():
                raise KeyGone(f"{name} was destroyed")
            if not _key(place).exists():
                disk.replace(
                    _key(place), Entry(name, 1, {1: self._new_version(name, 1)}).to_bytes(), disk.PRIVATE
                )

    def wrap(self, name: str, plaintext: bytes, aad: bytes) -> bytes:
        """Wrap under the newest version; raises KeyGone."""
        entry = self._read(name)
        key = self._open(entry, entry.latest)
        return with_version(entry.latest, seal(key, plaintext, aad))

    def unwrap(self, name: str, ciphertext: bytes, aad: bytes) -> bytes:
        """Unwrap under the version that is named; raises KeyGone and CannotUnwrap."""
        entry, (version, sealed) = self._read(name), split_version(ciphertext)
        if version not in entry.versions:
            raise CannotUnwrap(f"{name} has no version {version}")
        try:
            return unseal(self._open(entry, version), sealed, aad)
        except CannotOpen as problem:
            raise CannotUnwrap(str(problem)) from None

    def is_current(self, name: str, ciphertext: bytes) -> bool:
        """Tell whether the newest version wrapped this; raises KeyGone."""
        return split_version(ciphertext)[0] == self._read(name).latest

    def rotate(self, name: str) -> None:
        """Add a version; raises KeyGone."""
        with self._locked(name) as place:
            entry = _entry(place, name)
            version = entry.latest + 1
            versions = {**entry.versions, version: self._new_version(name, version)}
            disk.replace(_key(place), Entry(name, version, versions).to_bytes(), disk.PRIVATE)

    def retire(self, name: str) -> None:
        """Keep the newest version alone; raises KeyGone."""
        with self._locked(name) as place:
            entry = _entry(place, name)
            kept = Entry(name, entry.latest, {entry.latest: entry.versions[entry.latest]})
            disk.replace(_key(place), kept.to_bytes(), disk.PRIVATE)

    def destroy(self, name: str) -> None:
        """Leave a tombstone and erase the key; a second time completes what a crash left."""
        with self._locked(name) as place:
            if not _gone(place).exists():
                disk.replace(_gone(place), name.encode(), disk.TOMBSTONES)
            disk.erase(_key(place))

    def exists(self, name: str) -> bool:
        """Tell whether the key is there and was not destroyed."""
        with self._locked(name, shared=True) as place:
            return _key(place).exists() and not _gone(place).exists()

    def advance(self, name: str, at_least: int | None = None) -> int:
        """Move a counter on, as the interface says."""
        return counts_in(self.folder).advance(name, at_least)

    def current(self, name: str) -> int:
        """Return a counter."""
        return counts_in(self.folder).current(name)

    def reseal(self) -> int:
        """Seal every key of this role under the secret in use; returns how many were under another one."""
        names = [Entry.from_bytes(path.read_bytes()).name for path in sorted(self.folder.glob("*/*.key"))]
        return sum(map(self._resealed, names))

    def _resealed(self, name: str) -> bool:
        with self._locked(name) as place:
            try:
                entry = _entry(place, name)
                keys = {version: self._open(entry, version) for version in entry.versions}
            except (KeyGone, NotAllowed):
                return False  # Destroyed meanwhile, or another role's.
            if all(_opens(self._secrets()[0], entry, version) for version in keys):
                return False
            sealed = {version: self._sealed(name, version, key) for version, key in keys.items()}
            disk.replace(_key(place), Entry(name, entry.latest, sealed).to_bytes(), disk.PRIVATE)
            return True

    def _read(self, name: str) -> Entry:
        with self._locked(name, shared=True) as place:
            return _entry(place, name)

    def _new_version(self, name: str, version: int) -> bytes:
        return self._sealed(name, version, os.urandom(32))

    def _sealed(self, name: str, version: int, key: bytes) -> bytes:
        return seal(self._secrets()[0], key, _context(name, version))

    def _open(self, entry: Entry, version: int) -> bytes:
        try:
            return unseal_any(self._secrets(), entry.versions[version], _context(entry.name, version))
        except CannotOpen:
            raise NotAllowed(f"{entry.name} is another role's, or not what was stored") from None

    def _secrets(self) -> Sequence[bytes]:
        found = self.secrets_()
        if not found:
            raise NotAllowed("this process has no secret `key_store`: `manage.py generate_secrets --add`")
        return found

    @contextmanager
    def _locked(self, name: str, *, shared: bool = False) -> Iterator[Path]:
        """Give the path of a name without its ending, locked; faults of the file system are the service's."""
        at = address(name)
        folder = self.folder / at[:2]
        try:
            disk.make(self.folder, folder)
            with locked(folder, shared=shared):
                yield folder / at
        except PermissionError as problem:
            raise NotAllowed(f"{problem.filename or folder}: {problem.strerror}") from None
        except OSError as problem:
            raise KeyServiceDown(f"{problem.filename or folder}: {problem.strerror}") from None


def _context(name: str, version: int) -> bytes:
    return context("visor/key/v1", name, version)


def _opens(secret: bytes, entry: Entry, version: int) -> bool:
    try:
        unseal(secret, entry.versions[version], _context(entry.name, version))
    except CannotOpen:
        return False
    return True


def _key(place: Path) -> Path:
    return place.with_suffix(".key")


def _gone(place: Path) -> Path:
    return place.with_suffix(".gone")


def _entry(place: Path, name: str) -> Entry:
    if _gone(place).exists():
        raise KeyGone(f"{name} was destroyed")
    try:
        entry = Entry.from_bytes(_key(place).read_bytes())
    except FileNotFoundError:
        raise KeyGone(f"there is no key {name}") from None
    if entry.name != name or entry.latest not in entry.versions:
        raise KeyServiceDown(f"the file of {name} is damaged")
    return entry
