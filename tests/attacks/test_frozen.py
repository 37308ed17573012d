"""O07: a database or Redis that stands still keeps nobody: 503 in five seconds, documents from memory."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import override_settings
from kombu.connection import Connection
from kombu.entity import Queue

from authsvc.core import remembered
from authsvc.limits.in_redis import RedisCounters
from authsvc.limits.limit import TooMany, forget_counts
from authsvc.limits.register import FACE, SIGN_INS
from authsvc.tenancy.models import Tenant
from config.postgresql.base import DatabaseWrapper
from config.settings.parts.storage import database, with_limits
from devtools.stack.services import postgresql, redis
from tests.provider.browser import Browser, make_partner, make_person

WITHIN = 5.0


@contextmanager
def standing_still(*pids: int) -> Iterator[None]:
    """Let processes stand still: their system goes on to confirm what is sent to them."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


def processes_on(port: int) -> list[int]:
    """Return the server that listens on a port, and its children."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(path.name)] = (parent, (path / "cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            continue
    head = next(pid for pid, (_, line) in found.items() if str(port).encode() in line and b"-p" in line)
    return [head, *(pid for pid, (parent, _) in found.items() if parent == head)]


@pytest.fixture
def let_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DatabaseWrapper, "_asked_again_at", 0.0)


@pytest.mark.needs("postgresql")
@pytest.mark.django_db
@pytest.mark.usefixtures("let_ask_again")
def test_a_database_that_stands_still_is_waited_for_no_longer_than_said() -> None:
    """As a process of role web connects, on a server of its own."""
    with postgresql() as url:
        assert url
        described = with_limits({**database(url), **_DEFAULTS}, ["web"])
        asked = DatabaseWrapper(described)
        with asked.cursor() as cursor:
            cursor.execute("SELECT 1")
        other = DatabaseWrapper(described)
        port = int(described["PORT"])
        with standing_still(*processes_on(port)):
            with at_most(WITHIN), pytest.raises(OperationalError), asked.cursor() as cursor:
                cursor.execute("SELECT 1")
            with at_most(0.1), pytest.raises(OperationalError):
                other.ensure_connection()  # it is left alone for a moment
            DatabaseWrapper._asked_again_at = 0.0
            with at_most(WITHIN - 1), pytest.raises(OperationalError):
                other.ensure_connection()
        DatabaseWrapper._asked_again_at = 0.0
        other.ensure_connection()
        with other.cursor() as cursor, at_most(WITHIN), pytest.raises(OperationalError, match="timeout"):
            cursor.execute("SELECT pg_sleep(10)")
        other.close()
        asked.close()


_DEFAULTS: dict[str, Any] = {
    "ATOMIC_REQUESTS": False,
    "AUTOCOMMIT": True,
    "CONN_HEALTH_CHECKS": False,
    "TIME_ZONE": None,
    "TEST": {},
}


@pytest.fixture
def visitor(shared: Tenant, let_ask_again: None) -> Iterator[Browser]:
    """Somebody at the provider, whose connection to the database stands still in `with`."""
    browser = Browser(shared)
    browser.http.raise_request_exception = False
    yield browser
    connection.close()


@contextmanager
def frozen(seconds: float) -> Iterator[None]:
    """Let the server's process of this test's own connection stand still, and wait so long for it."""
    connection.ensure_connection()
    assert connection.connection is not None
    connection.connection.patience = seconds
    connection.connection.gave_up = lambda: setattr(DatabaseWrapper, "_asked_again_at", time.monotonic() + 60)
    pid = connection.connection.info.backend_pid
    try:
        with standing_still(pid):
            yield
    finally:
        connection.close()
        DatabaseWrapper._asked_again_at = 0.0


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["token", "userinfo", "authorize"])
def test_whoever_needs_the_database_is_told_to_come_again(visitor: Browser, path: str) -> None:
    partner = make_partner()
    code = visitor.sign_in(partner, make_person())["code"]
    with frozen(0.5), at_most(WITHIN):
        if path == "token":
            answer = visitor.redeem(partner, code)
        else:
            query = visitor.request(partner, prompt="login") if path == "authorize" else {}
            as_one = {"Accept": "text/html"} if path == "authorize" else {"Authorization": "Bearer abc"}
            answer = visitor.http.get(visitor.root + path, query, headers=as_one)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert answer["Content-Type"].startswith("text/html" if path == "authorize" else "application/json")


@pytest.mark.needs("postgresql")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [".well-known/openid-configuration", "jwks"])
def test_public_documents_come_from_memory(
    visitor: Browser, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = visitor.http.get(visitor.root + path)
    later = time.monotonic() + 60
    monkeypatch.setattr(remembered, "monotonic", lambda: later)
    with frozen(0.5), at_most(WITHIN):
        answer = visitor.http.get(visitor.root + path)
    assert (answer.status_code, answer.content) == (200, known.content)
    much_later = later + 2 * 3600
    monkeypatch.setattr(remembered, "monotonic", lambda: much_later)
    with frozen(0.5):
        assert visitor.http.get(visitor.root + path).status_code == 503


@pytest.mark.needs("redis")
@pytest.mark.requirement("S9.4-08")
def test_a_redis_that_stands_still_closes_the_face_and_not_the_passkey() -> None:
    with redis() as url:
        assert url
        (server,) = _redis_on(int(url.rpartition(":")[2].partition("/")[0]))
        with override_settings(COUNTERS=url):
            forget_counts()
            SIGN_INS.spend("a")
            with standing_still(server):
                with at_most(2.0):
                    SIGN_INS.spend("a")
                with at_most(0.1), pytest.raises(TooMany) as refused:
                    FACE.spend("a")
                assert refused.value.status == 503
            RedisCounters(url).forget_all()
    forget_counts()


@pytest.mark.needs("redis")
def test_a_broker_that_stands_still_keeps_no_request() -> None:
    with redis() as url:
        assert url
        (server,) = _redis_on(int(url.rpartition(":")[2].partition("/")[0]))
        options = {"socket_connect_timeout": 2, "socket_timeout": 2}
        with Connection(url, transport_options=options) as broker, broker.Producer() as producer:
            producer.publish({}, routing_key="a", declare=[Queue("a")])
            with standing_still(server), at_most(WITHIN), pytest.raises(Exception, match=r"[Tt]ime"):
                producer.publish({}, routing_key="a", retry=False)


def _redis_on(port: int) -> list[int]:
    lines = {
        int(path.name): (path / "cmdline").read_bytes()
        for path in Path("/proc").glob("[0-9]*")
        if (path / "cmdline").exists()
    }
    return [pid for pid, line in lines.items() if b"redis-server" in line and f":{port}".encode() in line]
