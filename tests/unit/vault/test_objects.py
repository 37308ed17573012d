"""The object store's own connection: what comes back has a longest and an end, and TLS is what it says."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from authsvc.vault.stores import objects
from authsvc.vault.stores.interface import MOST_BYTES, NotThere, StoreAway
from tests.bucket import Bucket, bucket_at_work
from tests.unit.keys.service.certificates import self_signed

pytestmark = pytest.mark.requirement("S8.1-05")
MANY = 48 * 1024 * 1024
PATIENCE = 1.0


def store_at(bucket: Bucket, **changes: Any) -> objects.ObjectStore:
    told = {**bucket.settings, **changes}
    key: Any = told["secret_key"]
    return objects.ObjectStore(**{**told, "secret_key": key.get_secret_value()})


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with bucket_at_work() as running:
        running.objects["kept"] = b"content"
        yield running


def puts(store: objects.ObjectStore) -> None:
    store.put("new", b"content")


def gets(store: objects.ObjectStore) -> None:
    store.get("kept")


def deletes(store: objects.ObjectStore) -> None:
    store.delete("kept")


ACTS = [puts, gets, deletes]


@pytest.mark.parametrize("status", [307, 403, 503])
@pytest.mark.parametrize("act", ACTS)
def test_a_refusal_of_many_megabytes_is_cut(
    bucket: Bucket, act: Callable[[objects.ObjectStore], None], status: int
) -> None:
    bucket.answers, bucket.pads = status, MANY
    with pytest.raises(StoreAway):
        act(store_at(bucket))
    # Of what went out the system had taken some that nobody read.
    assert bucket.sent < MANY // 2
    assert len(bucket.asked) == 1


def test_an_answer_of_many_megabytes_to_what_was_put_is_cut(bucket: Bucket) -> None:
    bucket.pads = MANY
    puts(store_at(bucket))
    assert bucket.objects["new"] == b"content"
    assert bucket.sent < MANY // 2


@pytest.mark.parametrize("act", ACTS)
def test_a_refusal_that_trickles_is_given_up_and_keeps_nobody_else_waiting(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, act: Callable[[objects.ObjectStore], None]
) -> None:
    monkeypatch.setattr(objects, "CALL_SECONDS", PATIENCE)
    store = store_at(bucket)
    bucket.answers, bucket.drips, bucket.pads = 503, 0.1, 1000
    begun = time.monotonic()
    with pytest.raises(StoreAway):
        act(store)
    assert time.monotonic() - begun < 2 * PATIENCE
    bucket.answers, bucket.drips = 0, 0.0
    assert store.get("kept") == b"content"
    assert time.monotonic() - begun < 3 * PATIENCE


def test_of_what_is_too_long_the_first_bytes_are_given_back(bucket: Bucket) -> None:
    bucket.objects["kept"] = bytes(MANY)
    assert len(store_at(bucket).get("kept")) == MOST_BYTES + 1
    assert bucket.sent < MANY // 2


@pytest.mark.parametrize("status", [204, 404])
def test_to_delete_what_is_not_there_is_well(
    bucket: Bucket, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Amazon's store says 204 of it; others say that there is no such object."""
    if status == 404:
        gone = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>"
        monkeypatch.setattr(bucket, "answer", lambda *_: (404, gone))
    store_at(bucket).delete("nothing")
    assert [(method, answered) for method, _, answered in bucket.asked] == [("DELETE", status)]
    with pytest.raises(NotThere):
        store_at(bucket).get("nothing")


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Bucket]:
    """A store that speaks TLS, with the authority's file for it."""
    certificate, key = self_signed(tmp_path, "127.0.0.1")
    with bucket_at_work((certificate, key)) as running:
        running.ca = certificate
        yield running


def test_a_store_of_an_authority_of_ones_own_is_believed(secure: Bucket) -> None:
    store = store_at(secure)
    store.put("new", b"content")
    assert store.get("new") == b"content"
    store.delete("new")
    assert not secure.objects


def test_of_another_authority_nothing_is_asked(secure: Bucket, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other, _ = self_signed(tmp_path / "other", "127.0.0.1")
    for authority in (other, None):
        with pytest.raises(StoreAway, match=r"MaxRetryError|SSLError"):
            store_at(secure, ca=authority).put("new", b"content")
    assert (secure.asked, secure.objects) == ([], {})


def test_of_another_host_nothing_is_asked(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path, "127.0.0.2")
    with bucket_at_work((certificate, key)) as running:
        with pytest.raises(StoreAway, match=r"MaxRetryError|SSLError"):
            store_at(running, ca=certificate).put("new", b"content")
        assert (running.asked, running.objects) == ([], {})


def test_an_authoritys_file_that_is_not_there_lets_nobody_in(secure: Bucket, tmp_path: Path) -> None:
    with pytest.raises(StoreAway):
        store_at(secure, ca=tmp_path / "nowhere.pem").get("new")
