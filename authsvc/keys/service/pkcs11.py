"""The key service in a security module, by PKCS#11 v2.40: AES keys that cannot be read, not even by us.

An object's label is the address of the name, its CKA_ID the version. Tombstones are data objects beside the
keys, private to the token's user. Counters lie in a folder of the machine, since a module holds few objects.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.mechanisms import GCMParams

from authsvc.keys.service.counts import counts_in
from authsvc.keys.service.interface import (
    CALL_SECONDS,
    CannotUnwrap,
    KeyGone,
    KeyServiceDown,
    KeyServiceProblem,
    NotAllowed,
    address,
    split_version,
    with_version,
)

_NONCE: Final = 12
_TAG_BITS: Final = 128
_VERSION_BYTES: Final = 4
_KEY: Final = {
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.PRIVATE: True,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
}
_GONE: Final = "gone/"
Answer = TypeVar("Answer")


@dataclass
class Pkcs11Keys:
    """Keys in the token of this label, and counters in a folder of this machine."""

    module: Path
    token: str
    pin: str = field(repr=False)
    folder: Path
    _turn: Lock = field(default_factory=Lock, repr=False)
    _session: Any = field(default=None, repr=False)
    _process: int = 0

    def create(self, name: str) -> None:
        """Make a key where there is none; raises KeyGone where one was destroyed."""
        at = address(name)

        def act(session: Any) -> None:
            if _data(session, _GONE + at):
                raise KeyGone(f"{name} was destroyed")
            if not _versions(session, at):
                _generate(session, at, 1)

        self._call(act)

    def wrap(self, name: str, plaintext: bytes, aad: bytes) -> bytes:
        """Wrap under the newest version; raises KeyGone."""
        at, nonce = address(name), os.urandom(_NONCE)

        def act(session: Any) -> bytes:
            version, key = _newest(session, at, name)
            sealed = key.encrypt(plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, aad))
            return with_version(version, nonce + sealed)

        return self._call(act)

    def unwrap(self, name: str, ciphertext: bytes, aad: bytes) -> bytes:
        """Unwrap under the version that is named; raises KeyGone and CannotUnwrap."""
        at, (version, sealed) = address(name), split_version(ciphertext)

        def act(session: Any) -> bytes:
            _newest(session, at, name)
            key = _versions(session, at).get(version)
            if key is None or len(sealed) < _NONCE + _TAG_BITS // 8:
                raise CannotUnwrap(f"{name} has no version {version}, or this is no wrapped value")
            return _decrypt(key, sealed, aad)

        return self._call(act)

    def is_current(self, name: str, ciphertext: bytes) -> bool:
        """Tell whether the newest version wrapped this; raises KeyGone."""
        at, version = address(name), split_version(ciphertext)[0]
        return self._call(lambda session: _newest(session, at, name)[0]) == version

    def rotate(self, name: str) -> None:
        """Add a version; raises KeyGone."""
        at = address(name)
        self._call(lambda session: _generate(session, at, _newest(session, at, name)[0] + 1))

    def retire(self, name: str) -> None:
        """Destroy every version but the newest; raises KeyGone."""
        at = address(name)

        def act(session: Any) -> None:
            newest, _ = _newest(session, at, name)
            for version, key in _versions(session, at).items():
                if version != newest:
                    key.destroy()

        self._call(act)

    def destroy(self, name: str) -> None:
        """Leave a tombstone, and destroy every version."""
        at = address(name)

        def act(session: Any) -> None:
            if not _data(session, _GONE + at):
                _store(session, _GONE + at, b"gone")
            for key in _versions(session, at).values():
                key.destroy()

        self._call(act)

    def exists(self, name: str) -> bool:
        """Tell whether there is such a key that was not destroyed."""
        at = address(name)
        return self._call(lambda session: bool(_versions(session, at)) and not _data(session, _GONE + at))

    def advance(self, name: str, at_least: int | None = None) -> int:
        """Move a counter on, as the interface says."""
        return counts_in(self.folder).advance(name, at_least)

    def current(self, name: str) -> int:
        """Return a counter."""
        return counts_in(self.folder).current(name)

    def _call(self, act: Callable[[Any], Answer]) -> Answer:
        """Do one thing in the token and wait no longer than CALL_SECONDS; calls of a process take turns.

        A call that is given up keeps its turn until the module lets it go: two at once may end the process.
        """
        self._after_fork()
        if not self._turn.acquire(timeout=CALL_SECONDS):
            raise KeyServiceDown("the security module is busy")
        done: Future[Answer] = Future()
        Thread(target=self._run, args=(act, done, self._turn), daemon=True).start()
        try:
            return done.result(timeout=CALL_SECONDS)
        except TimeoutError:
            raise KeyServiceDown("the security module does not answer") from None

    def _run(self, act: Callable[[Any], Answer], done: "Future[Answer]", turn: Lock) -> None:
        try:
            if self._session is None:
                self._session = self._opened()
            done.set_result(act(self._session))
        except KeyServiceProblem as problem:
            done.set_exception(problem)
        except (pkcs11.PinIncorrect, pkcs11.PinLocked, pkcs11.PinInvalid) as problem:
            done.set_exception(NotAllowed(f"the security module refuses: {type(problem).__name__}"))
        except Exception as problem:  # noqa: BLE001 - the waiting thread is told, whatever it is
            self._session = None
            done.set_exception(KeyServiceDown(f"the security module: {type(problem).__name__} {problem}"))
        finally:
            turn.release()

    def _opened(self) -> Any:
        token = pkcs11.lib(str(self.module)).get_token(token_label=self.token)
        try:
            return token.open(rw=True, user_pin=self.pin)
        except pkcs11.UserAlreadyLoggedIn:
            # A process logs in once; another session of it, which may have got stuck, is still open.
            return token.open(rw=True)

    def _after_fork(self) -> None:
        """Begin anew in a child process, whose module is in a state that the standard does not define."""
        if self._process != os.getpid():
            if self._process:
                self._turn, self._session = Lock(), None
                pkcs11.lib(str(self.module)).reinitialize()
            self._process = os.getpid()


def _gcm(nonce: bytes, aad: bytes) -> GCMParams:
    return GCMParams(nonce, aad, _TAG_BITS)


def _decrypt(key: Any, sealed: bytes, aad: bytes) -> bytes:
    try:
        content: bytes = key.decrypt(
            sealed[_NONCE:], mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(sealed[:_NONCE], aad)
        )
    except (pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange, pkcs11.GeneralError):
        raise CannotUnwrap("wrong key, context or content") from None
    return content


def _versions(session: Any, at: str) -> dict[int, Any]:
    found = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: at})
    return {int.from_bytes(key.id): key for key in found}


def _newest(session: Any, at: str, name: str) -> tuple[int, Any]:
    versions = _versions(session, at)
    if not versions or _data(session, _GONE + at):
        raise KeyGone(f"there is no key {name}, or it was destroyed")
    return max(versions.items())


def _generate(session: Any, at: str, version: int) -> None:
    session.generate_key(
        KeyType.AES, 256, id=version.to_bytes(_VERSION_BYTES), label=at, store=True, template=_KEY
    )


def _data(session: Any, label: str) -> list[Any]:
    return list(session.get_objects({Attribute.CLASS: ObjectClass.DATA, Attribute.LABEL: label}))


def _store(session: Any, label: str, value: bytes) -> None:
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.DATA,
            Attribute.TOKEN: True,
            Attribute.PRIVATE: True,
            Attribute.LABEL: label,
            Attribute.VALUE: value,
        }
    )
