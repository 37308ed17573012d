"""Addresses that answer late: they hold one worker of a process, and the others go on."""

import threading

import pytest

from authsvc.core.fetch import FetchRefused
from authsvc.oidc.proofs import outbound, remote_keys

URI = "https://slow.example/jwks"


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Lets the answer through when it is set."""
    gate, answers = threading.Event(), []

    def read(uri: str) -> list[dict[str, str]]:
        answers.append(uri)
        gate.wait(10)
        return [{"kid": f"key-{len(answers)}"}]

    monkeypatch.setattr(remote_keys, "_read", read)
    monkeypatch.setattr(outbound, "WAIT", 0.05)
    return gate


def read_in(count: int) -> tuple[list[threading.Thread], list[int]]:
    """Ask for the keys in that many threads; the list fills with how many keys each got."""
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(remote_keys.remote_keys(URI)))) for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    return threads, found


@pytest.mark.requirement("OIDC-DYNAMIC-03")
def test_only_one_request_waits_for_a_slow_key_set(gate: threading.Event) -> None:
    threads, found = read_in(8)
    while len(found) < 7:
        threads[0].join(0.01)
    # Seven were let go with nothing to verify by; one still waits.
    assert found == [0] * 7
    gate.set()
    for thread in threads:
        thread.join()
    assert found[-1] == 1


@pytest.mark.requirement("OIDC-DYNAMIC-03")
def test_requests_that_come_together_share_one_answer(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "WAIT", 10)
    threads, found = read_in(8)
    gate.set()
    for thread in threads:
        thread.join()
    assert found == [1] * 8
    assert remote_keys.remote_keys(URI) == [{"kid": "key-1"}]


@pytest.mark.requirement("OIDC-DYNAMIC-07")
def test_another_host_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbound, "WAIT", 0.05)
    with outbound.turn_of(URI):
        with outbound.turn_of("https://other.example/jwks"):
            pass
        with pytest.raises(FetchRefused), outbound.turn_of("https://slow.example/request.jwt"):
            pass
    with outbound.turn_of(URI):
        pass
