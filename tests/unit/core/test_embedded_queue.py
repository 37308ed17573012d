"""The queue without Redis: every message once, whole, whatever happens side by side."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from threading import Event

from kombu.connection import Connection
from kombu.simple import SimpleQueue

from authsvc.core.embedded_queue import Transport
from tests.campaign import Size

WRITERS = 4


def connect(folder: Path) -> Connection:
    (folder / "messages").mkdir(exist_ok=True)
    options = {
        "data_folder_in": str(folder / "messages"),
        "data_folder_out": str(folder / "messages"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.001,
    }
    return Connection("embedded://localhost", transport=Transport, transport_options=options)


def write(folder: Path, writer: int, each: int) -> None:
    with connect(folder) as connection, SimpleQueue(connection, "samples") as queue:
        for number in range(each):
            queue.put({"id": f"{writer}-{number}"})


def read_all(folder: Path, written: Event) -> list[str]:
    found: list[str] = []
    with connect(folder) as connection, SimpleQueue(connection, "samples") as queue:
        while True:
            last_look = written.is_set()
            try:
                message = queue.get(timeout=1)
            except Empty:
                if last_look:
                    return found
                continue
            found.append(message.payload["id"])
            message.ack()


def test_every_message_arrives_once_and_whole(tmp_path: Path, size: Size) -> None:
    each = size("messages a writer", sample=50, whole=1000)
    with ThreadPoolExecutor(WRITERS + 3) as threads:
        written = Event()
        readers = [threads.submit(read_all, tmp_path, written) for _ in range(3)]
        list(threads.map(lambda writer: write(tmp_path, writer, each), range(WRITERS)))
        written.set()
        found = Counter(name for reader in readers for name in reader.result())
    assert found == Counter(f"{writer}-{number}" for writer in range(WRITERS) for number in range(each))
    assert list((tmp_path / "messages").iterdir()) == []


def test_a_message_that_is_still_being_written_is_not_taken(tmp_path: Path) -> None:
    with connect(tmp_path) as connection, SimpleQueue(connection, "others") as queue:
        (tmp_path / "messages" / ".1-half.others.msg").write_text('{"bo')
        queue.put({"id": "whole"})
        assert queue.get(timeout=1).payload == {"id": "whole"}
