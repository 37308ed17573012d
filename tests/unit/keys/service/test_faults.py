"""What a place does that cannot do its work: it says so within its time, and opens nothing."""

import os
import stat
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from authsvc.keys.service import disk, interface, locking
from authsvc.keys.service.file import FileKeys
from authsvc.keys.service.interface import KeyServiceDown, NotAllowed
from authsvc.keys.service.transit import TransitKeys
from tests import needs
from tests.unit.keys.service.places import (
    LABEL,
    PIN,
    SECRET,
    TOKEN,
    Transit,
    file_keys,
    module_keys,
    transit_server,
)

NAME, AAD = "reference/1", b"context"
# A call has five seconds; a machine under load may add some.
MOST_SECONDS = 8.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with file_keys(tmp_path) as keys:
        keys.create(NAME)
        keys.advance(NAME)
    return tmp_path / "keys"


def _files(folder: Path, ending: str) -> list[Path]:
    return sorted(folder.glob(f"*/*{ending}"))


def test_a_key_is_its_owners_alone_and_lies_sealed(folder: Path) -> None:
    (key,) = _files(folder, ".key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not _files(folder, ".new")


def test_a_unit_that_may_not_hand_a_group_down_makes_folders_that_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under RestrictSUIDSGID=yes of deploy/systemd, whose UMask= lets them come out right."""
    shared = tmp_path / "keys"
    shared.mkdir()
    shared.chmod(0o2770)

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refused)
    before = os.umask(0o007)
    try:
        FileKeys(shared, lambda: [SECRET]).create(NAME)
    finally:
        os.umask(before)
    (key,) = _files(shared, ".key")
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o2770


def test_another_role_destroys_and_counts_and_opens_nothing(folder: Path) -> None:
    own = FileKeys(folder, lambda: [SECRET])
    wrapped = own.wrap(NAME, b"secret", AAD)
    for other in (FileKeys(folder, lambda: [os.urandom(32)]), FileKeys(folder, list)):
        with pytest.raises(NotAllowed):
            other.unwrap(NAME, wrapped, AAD)
        with pytest.raises(NotAllowed):
            other.wrap(NAME, b"secret", AAD)
    assert (other.exists(NAME), other.advance(NAME)) == (True, 2)
    other.destroy(NAME)
    assert not own.exists(NAME)


def test_the_secret_of_the_store_may_change(folder: Path) -> None:
    wrapped = FileKeys(folder, lambda: [SECRET]).wrap(NAME, b"secret", AAD)
    assert FileKeys(folder, lambda: [os.urandom(32), SECRET]).unwrap(NAME, wrapped, AAD) == b"secret"


def test_a_key_put_in_anothers_place_is_not_used(folder: Path) -> None:
    keys = FileKeys(folder, lambda: [SECRET])
    keys.create("reference/2")
    first, second = _files(folder, ".key")
    first.write_bytes(second.read_bytes())
    second.write_bytes(first.read_bytes())
    refused = []
    for name in (NAME, "reference/2"):
        try:
            keys.wrap(name, b"secret", AAD)
        except KeyServiceDown as problem:
            refused.append(str(problem))
    assert len(refused) == 1, "both files hold the same key, which has one name"
    assert "damaged" in refused[0]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": 1}', b"\x00" * 200])
def test_a_damaged_key_is_not_used(folder: Path, content: bytes) -> None:
    _files(folder, ".key")[0].write_bytes(content)
    with pytest.raises(KeyServiceDown):
        FileKeys(folder, lambda: [SECRET]).wrap(NAME, b"secret", AAD)


@pytest.mark.requirement("S9.2-13")
def test_t10_a_destroyed_key_is_overwritten(folder: Path) -> None:
    (path,) = _files(folder, ".key")
    with path.open("rb") as before:
        FileKeys(folder, lambda: [SECRET]).destroy(NAME)
        assert set(before.read()) == {0}
    assert not path.exists()


def test_a_crash_after_the_tombstone_leaves_no_key_in_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = FileKeys(folder, lambda: [SECRET])
    with monkeypatch.context() as patched:
        patched.setattr(disk, "erase", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            keys.destroy(NAME)
    assert _files(folder, ".key")
    assert not keys.exists(NAME)
    with pytest.raises(interface.KeyGone):
        keys.wrap(NAME, b"secret", AAD)
    keys.destroy(NAME)
    assert not _files(folder, ".key")


def _interrupted(_path: Path) -> None:
    raise KeyboardInterrupt


def test_a_store_that_cannot_be_written_is_down(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(KeyServiceDown):
        FileKeys(tmp_path / "keys", lambda: [SECRET]).create(NAME)


def test_a_lock_is_not_waited_for_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "CALL_SECONDS", 0.2)
    (shard,) = {path.parent for path in _files(folder, ".key")}
    with locking.locked(shard), pytest.raises(KeyServiceDown, match="locked"):
        FileKeys(folder, lambda: [SECRET]).wrap(NAME, b"secret", AAD)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Transit]:
    with transit_server(tmp_path) as held:
        TransitKeys(held.url, TOKEN, held.certificate).create(NAME)
        yield held


@pytest.mark.parametrize("status", [301, 400, 429, 500, 503])
def test_a_transit_service_that_answers_oddly_is_down(server: Transit, status: int) -> None:
    keys = TransitKeys(server.url, TOKEN, server.certificate)
    server.status = status
    for use in (keys.exists, keys.create, keys.destroy, keys.rotate, keys.current, keys.advance):
        with pytest.raises(KeyServiceDown):
            use(NAME)


def test_a_transit_service_that_is_silent_is_given_up(server: Transit) -> None:
    server.delay, begun = threading.Event(), time.monotonic()
    with pytest.raises(KeyServiceDown):
        TransitKeys(server.url, TOKEN, server.certificate).wrap(NAME, b"secret", AAD)
    assert time.monotonic() - begun < MOST_SECONDS


def test_a_transit_service_is_believed_by_its_certificate_alone(server: Transit) -> None:
    with pytest.raises(KeyServiceDown):
        TransitKeys(server.url, TOKEN, None).exists(NAME)


def test_a_foreign_token_is_refused(server: Transit) -> None:
    with pytest.raises(NotAllowed):
        TransitKeys(server.url, "another", server.certificate).wrap(NAME, b"secret", AAD)


def test_wrapping_makes_no_key_at_the_transit_service(server: Transit) -> None:
    with pytest.raises(interface.KeyGone):
        TransitKeys(server.url, TOKEN, server.certificate).wrap("reference/none", b"secret", AAD)
    assert len(server.keys) == 1


@pytest.fixture
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[interface.KeyService]:
    with module_keys(tmp_path_factory.mktemp("module")) as keys:
        keys.create("module/1")
        yield keys


@pytest.mark.needs("softhsm")
def test_a_module_with_another_pin_or_token_opens_nothing(
    module: interface.KeyService, tmp_path: Path
) -> None:
    from authsvc.keys.service.pkcs11 import Pkcs11Keys

    library = needs.softhsm_module()
    assert library is not None
    with pytest.raises(KeyServiceDown):
        Pkcs11Keys(library, "none", PIN, tmp_path).exists("module/1")
    with pytest.raises(KeyServiceDown):
        Pkcs11Keys(tmp_path / "none.so", LABEL, PIN, tmp_path).exists("module/1")


@pytest.mark.needs("softhsm")
def test_a_module_that_hangs_is_given_up(
    module: interface.KeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from authsvc.keys.service import pkcs11

    go_on = threading.Event()
    monkeypatch.setattr(pkcs11, "CALL_SECONDS", 0.2)
    monkeypatch.setattr(pkcs11, "_versions", lambda *_: go_on.wait(10))
    with pytest.raises(KeyServiceDown, match="does not answer"):
        module.wrap("module/1", b"secret", AAD)
    with pytest.raises(KeyServiceDown, match="is busy"):
        module.exists("module/1")
    go_on.set()
    monkeypatch.undo()
    assert module.exists("module/1")


@pytest.mark.needs("softhsm")
def test_a_module_is_used_by_a_child_process(module: interface.KeyService) -> None:
    """Celery's workers are children of a process that may have used the module."""
    wrapped = module.wrap("module/1", b"secret", AAD)
    forking = get_context("fork")
    ours, theirs = forking.Pipe()
    child = forking.Process(target=lambda: theirs.send(module.unwrap("module/1", wrapped, AAD)))
    child.start()
    assert ours.poll(MOST_SECONDS)
    assert ours.recv() == b"secret"
    child.join()
    assert module.unwrap("module/1", wrapped, AAD) == b"secret"
