"""Counters: they only grow, and every process of the machine sees the same."""

import multiprocessing
from pathlib import Path

from authsvc.seals.counters import FileCounters


def test_a_counter_begins_at_nought_and_never_falls(tmp_path: Path) -> None:
    kept = FileCounters(tmp_path / "deep" / "counters.sqlite3")
    assert kept.current("policy/a") == 0
    kept.raise_to({"policy/a": 3, "device/b": 1})
    kept.raise_to({"policy/a": 2})
    assert (kept.current("policy/a"), kept.current("device/b")) == (3, 1)


def test_another_process_sees_it(tmp_path: Path) -> None:
    kept = FileCounters(tmp_path / "counters.sqlite3")
    kept.raise_to({"a": 1})
    assert kept.current("a") == 1
    child = multiprocessing.get_context("fork").Process(target=kept.raise_to, args=({"a": 5},))
    child.start()
    child.join()
    assert (child.exitcode, kept.current("a")) == (0, 5)
