"""Who is refused on and on waits for a turn; nobody else does, and nobody is locked out."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from django.test import override_settings

from authsvc.core.proven import note_proof
from config import serving, strangers
from tests.unit.config.served import SECONDS, Address, Site, answer, line, served

STRANGER, OTHER = b"192.0.2.1", b"192.0.2.2"
MOST = 3
FAR = 1e12


class Refusing(Site):
    """A site that refuses what begins with /no, and takes whoever asks for /proved… for proven."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/proved"):
            note_proof()
        if "no" not in path:
            return super().__call__(environ, start_response)
        self.asked.append(path)
        start_response("403 Forbidden", [("Content-Length", "2")])
        return [b"no"]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Refusing]:
    fresh = strangers.Strangers()
    monkeypatch.setattr(strangers, "strangers", fresh)
    monkeypatch.setattr(serving, "strangers", fresh)
    with override_settings(LIMITS={"refused-address": MOST}, PROXY_COUNT=1):
        yield Refusing()


@pytest.fixture
def at(site: Refusing) -> Iterator[tuple[Address, serving.Worker]]:
    with served(strangers.counting_refusals(site)) as (address, worker):
        yield address, worker


def asking(path: bytes, who: bytes = STRANGER, body: int = 0) -> bytes:
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.9, %s\r\nContent-Length: %d\r\n\r\n"
    return head % (path, who, body) + bytes(body)


def refused(address: Address, times: int, who: bytes = STRANGER, path: bytes = b"/no") -> None:
    for _ in range(times):
        with line(address, asking(path, who)) as connected:
            assert answer(connected, b"\r\n\r\nno").startswith(b"HTTP/1.1 403")


def waiting(worker: serving.Worker, count: int) -> bool:
    """Whether so many requests come to wait."""
    until = time.monotonic() + SECONDS
    while len(worker._waiting_ones()) != count and time.monotonic() < until:
        time.sleep(0.01)
    return len(worker._waiting_ones()) == count


def test_who_is_refused_on_and_on_waits_and_nobody_else_does(
    at: tuple[Address, serving.Worker], site: Refusing
) -> None:
    address, worker = at
    worker._next_turns = FAR
    refused(address, MOST + 1)
    with line(address, asking(b"/late")) as connected:
        assert waiting(worker, 1)
        with line(address, asking(b"/other", OTHER)) as another:
            assert b"/other 0" in answer(another, b"/other 0")
        assert "POST /late 0" not in site.asked
        worker._next_turns = 0.0
        assert b"/late 0" in answer(connected, b"/late 0")


def test_a_second_brings_one_request_of_an_address(
    at: tuple[Address, serving.Worker], site: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_TURN_SECONDS", FAR)
    address, worker = at
    worker._next_turns = FAR
    refused(address, MOST + 1)
    refused(address, MOST + 1, OTHER)
    mine, theirs = asking(b"/mine"), asking(b"/theirs", OTHER)
    with line(address, mine), line(address, mine), line(address, mine), line(address, theirs):
        assert waiting(worker, 4)
        worker._next_turns = 0.0
        assert waiting(worker, 2)
        time.sleep(1.5)  # the loop looks around each second
        assert waiting(worker, 2)
    assert sorted(path for path in site.asked if "no" not in path) == ["POST /mine 0", "POST /theirs 0"]


def test_who_proves_a_key_is_let_out_and_takes_a_refusal_back(at: tuple[Address, serving.Worker]) -> None:
    address, worker = at
    refused(address, 4 * MOST, path=b"/proved/no")  # a poll that is answered 400, a proof without its nonce
    assert not strangers.strangers.any_waits()
    refused(address, MOST + 1)
    with line(address, asking(b"/proved")) as connected:
        answer(connected, b"/proved 0")  # its turn came, and with it everybody's there
    assert not strangers.strangers.waits(STRANGER.decode())
    worker._next_turns = FAR
    with line(address, asking(b"/next")) as connected:
        assert b"/next 0" in answer(connected, b"/next 0")


def test_more_than_some_are_told_when_to_come_again(
    at: tuple[Address, serving.Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_MOST_OF_ONE", 1)
    address, worker = at
    worker._next_turns = FAR
    refused(address, MOST + 1)
    with line(address, asking(b"/first")):
        assert waiting(worker, 1)
        with line(address, asking(b"/second")) as connected:
            said = answer(connected)
    assert said.startswith(b"HTTP/1.1 429")
    assert b"Retry-After: 10" in said


def test_what_waits_gives_way_where_too_much_is_held(
    at: tuple[Address, serving.Worker], site: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_MOST_HELD", 100_000)
    address, worker = at
    worker._next_turns = FAR
    refused(address, MOST + 1)
    with line(address, asking(b"/large", body=90_000)) as connected:
        assert waiting(worker, 1)
        with line(address, asking(b"/other", OTHER, body=50_000)) as another:
            assert b"/other 50000" in answer(another, b"/other 50000")
        assert answer(connected).startswith(b"HTTP/1.1 503")
    assert site.asked[-1] == "POST /other 50000"


def test_a_process_that_stops_takes_up_what_waits(site: Refusing) -> None:
    with served(strangers.counting_refusals(site)) as (address, worker):
        worker._next_turns = FAR
        refused(address, MOST + 1)
        with line(address, asking(b"/late")) as connected:
            assert waiting(worker, 1)
            worker.handle_exit(None, None)
            assert b"/late 0" in answer(connected, b"/late 0")
