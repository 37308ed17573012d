"""O04: an office behind one address opens a page at once, and the reference proxy gives each its files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from time import monotonic

import pytest

from tests.attacks.proxying import proxy_of

pytestmark = [pytest.mark.needs("nginx"), pytest.mark.requirement("S9.4-08")]
BROWSERS, CONNECTIONS, FILES = 30, 6, 5
"""Thirty people, the connections that a browser opens to a host, and what comes over each: 900 files."""

PATIENCE = 15.0


class _Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with a file."""
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"/**")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The reference proxy before a server that has files."""
    server = _Server(("127.0.0.1", 0), _Files)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with proxy_of(server.server_port, tmp_path_factory.mktemp("proxy")) as port:
            yield port
    finally:
        server.shutdown()
        server.server_close()


def statuses(port: int, path: str, *, connections: int, each: int, address: str) -> list[int]:
    """What is answered where so many connections of one address ask so often, all from the same moment on."""
    start = Barrier(connections)

    def asks(_: int) -> list[int]:
        connection = HTTPConnection("127.0.0.1", port, timeout=60, source_address=(address, 0))
        connection.connect()
        start.wait()
        found = []
        for number in range(each):
            connection.request("GET", f"{path}{number}.js", headers={"Host": "localhost"})
            answer = connection.getresponse()
            answer.read()
            found.append(answer.status)
        connection.close()
        return found

    with ThreadPoolExecutor(connections) as pool:
        return [status for found in pool.map(asks, range(connections)) for status in found]


def test_an_office_opens_a_page_at_once_and_gets_all_of_its_files(proxy: int) -> None:
    begun = monotonic()
    found = statuses(proxy, "/static/", connections=BROWSERS * CONNECTIONS, each=FILES, address="127.0.0.9")
    assert set(found) == {200}
    # At the rate of everything else the last of them would have waited for 27 s.
    assert monotonic() - begun < PATIENCE


def test_files_take_nothing_from_what_an_address_may_ask_for_else(proxy: int) -> None:
    for path in ("/static/", "/t/a/"):
        assert set(statuses(proxy, path, connections=50, each=2, address="127.0.0.10")) == {200}


@pytest.mark.whole
def test_sixty_browsers_with_six_requests_out_each_are_more_than_the_proxy_takes(proxy: int) -> None:
    """As ADR 0426 says, and only some of theirs; of fifty all are answered."""
    found = statuses(proxy, "/t/a/", connections=60 * CONNECTIONS, each=1, address="127.0.0.11")
    assert 0 < found.count(429) < 60
    found = statuses(proxy, "/t/a/", connections=50 * CONNECTIONS, each=1, address="127.0.0.12")
    assert set(found) == {200}
