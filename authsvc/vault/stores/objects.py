"""References in a store of objects that somebody else runs: Amazon's S3, or what speaks like it.

The store learns how large objects are and when they are asked for. Their names are random, and what they hold
is sealed.
"""

import io
import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Any, Final, TypeVar

import urllib3
from minio import Minio
from minio.error import S3Error

from authsvc.core.components import ComponentKind
from authsvc.vault.stores.interface import CALL_SECONDS, MOST_BYTES, NotThere, StoreAway, StoreProblem

_CONNECT_SECONDS: Final = 2.0
_GONE: Final = frozenset({"NoSuchKey", "NoSuchObject"})
_FRAMING: Final = frozenset({"content-length", "transfer-encoding", "content-encoding"})
Answer = TypeVar("Answer")


class _Bounded(urllib3.PoolManager):
    """Connections on which no answer that is read whole is longer than what is kept, and nobody is sent on.

    What the library asks to be read at once, and every refusal, is read here; what it gets it reads itself.
    """

    def urlopen(self, method: str, url: str, *_: Any, preload_content: bool = True, **more: Any) -> Any:
        answer: Any = super().urlopen(method, url, **{**more, "redirect": False, "preload_content": False})
        if answer.status < HTTPStatus.MULTIPLE_CHOICES and not preload_content:
            return answer
        try:
            said = _content_of(answer)
        finally:
            answer.close()
        head = {name: value for name, value in answer.headers.items() if name.lower() not in _FRAMING}
        return urllib3.HTTPResponse(
            io.BytesIO(said), head, answer.status, reason=answer.reason, preload_content=preload_content
        )


@dataclass
class ObjectStore:
    """The bucket of a store at `url`, for the holder of an access key; `ca` is a file of authorities."""

    kind: ComponentKind = field(default="objects", init=False)
    url: str
    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    ca: Path | None = None
    _turn: Lock = field(default_factory=Lock, repr=False, init=False)
    _process: int = field(default=0, repr=False, init=False)

    def put(self, name: str, content: bytes) -> None:
        """Keep a content under a name."""
        self._call(lambda client: client.put_object(self.bucket, name, io.BytesIO(content), len(content)))

    def get(self, name: str) -> bytes:
        """Return what the store says to have under a name, its first bytes where it sends too many."""
        return self._call(lambda client: _read(client, self.bucket, name))

    def delete(self, name: str) -> None:
        """Delete what is there; where there is nothing, that is well."""
        with suppress(NotThere):
            self._call(lambda client: client.remove_object(self.bucket, name))

    def _call(self, act: Callable[[Minio], Answer]) -> Answer:
        """Do one thing, and wait no longer than CALL_SECONDS, however slowly the store sends.

        Calls of a process take turns: one that is given up keeps its turn until its connection ends, so that
        a store that hangs holds one thread and no more.
        """
        if self._process != os.getpid():
            self._process, self._turn = os.getpid(), Lock()
        until = monotonic() + CALL_SECONDS
        if not self._turn.acquire(timeout=CALL_SECONDS):
            raise StoreAway("the object store is still busy with the call before")
        done: Future[Answer] = Future()
        Thread(target=self._run, args=(act, done, self._turn), daemon=True).start()
        try:
            return done.result(timeout=max(0.0, until - monotonic()))
        except TimeoutError:
            raise StoreAway(f"the object store did not answer within {CALL_SECONDS:.0f} s") from None

    def _run(self, act: Callable[[Minio], Answer], done: "Future[Answer]", turn: Lock) -> None:
        try:
            done.set_result(act(self._client()))
        except StoreProblem as problem:
            done.set_exception(problem)
        except S3Error as problem:
            gone = problem.code in _GONE
            done.set_exception((NotThere if gone else StoreAway)(f"the object store says {problem.code}"))
        except Exception as problem:  # noqa: BLE001 - the waiting thread is told, whatever it is
            done.set_exception(StoreAway(f"the object store: {type(problem).__name__}"))
        finally:
            turn.release()

    def _client(self) -> Minio:
        """Return a client for one call: no connection is kept that the store has let go meanwhile."""
        address = urllib3.util.parse_url(self.url)
        return Minio(
            address.netloc or "",
            access_key=self.access_key,
            secret_key=self.secret_key,
            region=self.region,
            secure=address.scheme == "https",
            http_client=_Bounded(
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=CALL_SECONDS),
                # Nobody is sent on elsewhere, with what the request was signed for.
                retries=urllib3.Retry(total=1, connect=1, read=0, redirect=0, status=0, other=0),
                cert_reqs="CERT_REQUIRED",
                ca_certs=str(self.ca) if self.ca else None,
            ),
        )


def _read(client: Minio, bucket: str, name: str) -> bytes:
    answer: Any = client.get_object(bucket, name)
    try:
        return _content_of(answer)
    finally:
        answer.close()


def _content_of(answer: Any) -> bytes:
    """Return what an answer holds, of one too long its first bytes; raises StoreAway where it trickles."""
    until, found = monotonic() + CALL_SECONDS, b""
    while len(found) <= MOST_BYTES and (piece := answer.read1(MOST_BYTES + 1 - len(found))):
        found += piece
        if monotonic() > until:
            raise StoreAway("the object store sends too slowly")
    return found
