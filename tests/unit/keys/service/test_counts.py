"""Counters of one machine: they only grow, and every process of every role sees the same."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from authsvc.keys.service.counts import Counts
from authsvc.keys.service.interface import KeyServiceDown


def test_a_counter_begins_at_nought_and_never_falls(tmp_path: Path) -> None:
    kept = Counts(tmp_path / "deep")
    assert kept.current("policy/a") == 0
    assert (kept.advance("policy/a", at_least=3), kept.advance("device/b")) == (3, 1)
    assert kept.advance("policy/a", at_least=2) == 3
    assert kept.all() == {"policy/a": 3, "device/b": 1}
    assert kept.raise_all({"policy/a": 1, "device/b": 7, "device/c": 1}) == 2
    assert kept.all() == {"policy/a": 3, "device/b": 7, "device/c": 1}


def test_another_process_sees_it(tmp_path: Path) -> None:
    kept = Counts(tmp_path)
    kept.advance("a")
    assert kept.current("a") == 1
    child = multiprocessing.get_context("fork").Process(target=kept.advance, args=("a", 5))
    child.start()
    child.join()
    assert (child.exitcode, kept.current("a")) == (0, 5)


def test_every_role_of_the_folder_counts_and_nobody_else(tmp_path: Path) -> None:
    Counts(tmp_path).advance("a")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes) >= {"counters.sqlite3", "counters.sqlite3-wal"}
    assert set(modes.values()) == {0o660}


@pytest.mark.parametrize("content", [b"no database" * 100, b"\x00" * 100])
def test_a_damaged_file_does_not_begin_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "counters.sqlite3").write_bytes(content)
    for use in (Counts(tmp_path).advance, Counts(tmp_path).current):
        with pytest.raises(KeyServiceDown):
            use("a")


def test_a_folder_that_cannot_be_made_is_down(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(KeyServiceDown):
        Counts(tmp_path / "keys").current("a")
