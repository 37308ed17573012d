"""Everywhere that a running product can leave something: tables, queue, files, logs, answers (S5.4-01)."""

import base64
import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from redis import Redis

from devtools.stack.stack import Stack, as_user

WAIT_SECONDS = 60


def spellings(mark: bytes) -> set[bytes]:
    """Return a mark as it could be written: as it is, in hex, as Python prints it, in base64."""
    written = {mark, mark.hex().encode(), repr(mark)[2:-1].encode(), ", ".join(map(str, mark)).encode()}
    for offset in range(3):
        # The first and last characters depend on what stands beside the mark.
        text = base64.b64encode(bytes(offset) + mark)[4:-4]
        written |= {text, text.translate(bytes.maketrans(b"+/", b"-_"))}
    return written


@dataclass(frozen=True)
class Sinks:
    """The places of one running product; what is found is named `kind:place`."""

    stack: Stack

    def find(self, mark: bytes, answers: Iterable[bytes] = ()) -> set[str]:
        """Return every place in which a mark of at least 24 bytes can be read, in any spelling."""
        needles = spellings(mark)
        places = [*self._tables(), *self._queue(), *self._files(self.stack.data_dir, "file")]
        places += [("answer", body) for body in answers]
        return {place for place, content in places if any(needle in content for needle in needles)}

    def find_on_disk(self, mark: bytes) -> set[str]:
        """Return the database server's own files that hold a mark: tables, dead rows, write-ahead log."""
        needles = spellings(mark)
        found = self._files(self._server_folder(), "server")
        return {place for place, content in found if any(needle in content for needle in needles)}

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection of the database server's superuser, who sees every tenant's rows."""
        url = as_user(self.stack.env["VISOR_DATABASE_URL"], "root")
        return psycopg.connect(url, autocommit=True)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query, values).fetchall()

    def logs(self) -> bytes:
        """Return what the processes have written to their logs."""
        return b"".join(path.read_bytes() for path in sorted(self.stack.data_dir.glob("*.log")))

    @contextlib.contextmanager
    def held(self, transaction: str) -> Iterator[None]:
        """Keep everybody from deciding a transaction while the block runs."""
        with self.connect() as connection, connection.transaction():
            query = "SELECT 1 FROM transactions_transaction WHERE id = %s FOR UPDATE"
            connection.execute(query, [transaction]).fetchone()
            yield

    def await_blocked(self) -> None:
        """Wait until somebody wants to decide a transaction that is held: the sample is judged by then."""
        query = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        self.await_row(query)

    def await_row(self, query: str, *values: object) -> None:
        """Wait until a query has a row."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.rows(query, *values):
            assert time.monotonic() < deadline, query
            time.sleep(0.1)

    def _tables(self) -> Iterator[tuple[str, bytes]]:
        with self.connect() as connection:
            names = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            for (name,) in names:
                dump = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))
                with connection.cursor() as cursor, cursor.copy(dump) as rows:
                    yield f"table:{name}", b"".join(bytes(part) for part in rows)

    def _queue(self) -> Iterator[tuple[str, bytes]]:
        with Redis.from_url(self.stack.env["VISOR_BROKER_URL"]) as queue:
            for key in queue.scan_iter():
                yield f"queue:{key.decode(errors='replace')}", _content(queue, key)

    def _files(self, folder: Path, kind: str) -> Iterator[tuple[str, bytes]]:
        for path in sorted(folder.rglob("*")):
            # Sockets are no files, and a temporary file may be gone by now.
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    yield f"{kind}:{path.relative_to(folder)}", path.read_bytes()

    def _server_folder(self) -> Path:
        ((folder,),) = self.rows("SHOW data_directory")
        return Path(folder)


def _content(queue: Redis, key: bytes) -> bytes:
    kind = queue.type(key).decode()
    read: Mapping[str, Any] = {
        "none": list,  # It has expired since it was listed.
        "string": lambda: [queue.get(key) or b""],
        "list": lambda: queue.lrange(key, 0, -1),
        "set": lambda: queue.smembers(key),
        "zset": lambda: queue.zrange(key, 0, -1),
        "hash": lambda: [part for pair in queue.hgetall(key).items() for part in pair],
    }
    return b"\n".join(read[kind]())
