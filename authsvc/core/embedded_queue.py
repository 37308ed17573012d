"""The queue of a machine without Redis: Celery messages as files in one folder, for demo and development.

kombu's own file transport shows a message before it is written whole, and a reader that is quick enough
takes an empty file and dies of it. Here a message appears complete or not at all, is claimed by one
reader, and never leaves its folder.
"""

import contextlib
import fcntl
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """A channel whose every change is one rename, or under one lock."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020}-{uuid.uuid4().hex}.{queue}.msg"
        unfinished = folder / f".{name}"
        unfinished.write_text(json.dumps(payload), encoding="utf-8")
        unfinished.rename(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(entry.name for entry in folder.iterdir()):
            if name.startswith(".") or name.partition(".")[2] != f"{queue}.msg":
                continue
            claimed = folder / f".{name}.claimed"
            try:
                (folder / name).rename(claimed)
            except FileNotFoundError:  # another reader was quicker
                continue
            payload = claimed.read_text(encoding="utf-8")
            claimed.unlink()
            return json.loads(payload)
        raise Empty

    def _queue_bind(self, *binding: Any) -> None:
        with self._table_lock():
            super()._queue_bind(*binding)  # type: ignore[no-untyped-call]

    def get_table(self, exchange: str) -> Any:
        """Return an exchange's bindings."""
        with self._table_lock():
            return super().get_table(exchange)  # type: ignore[no-untyped-call]

    @contextlib.contextmanager
    def _table_lock(self) -> Iterator[None]:
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with (self.control_folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """The transport of `embedded://`."""

    Channel = Channel
    driver_type = "embedded"
    driver_name = "embedded"
