"""Huge pages under the models, and memory given back between samples."""

import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
from celery.signals import task_postrun

from authsvc.biometrics import tasks
from authsvc.biometrics.engines import pages
from authsvc.biometrics.engines.pages import HUGE, gather_heap, give_back

SMAPS = Path("/proc/self/smaps")


def kilobytes_of_heap(what: str) -> int:
    lines = iter(SMAPS.read_text(encoding="ascii").splitlines())
    next(line for line in lines if line.endswith("[heap]"))
    heap = takewhile(lambda line: not line.startswith("VmFlags"), lines)
    return next(int(line.split()[1]) for line in heap if line.startswith(f"{what}:"))


def test_the_heap_keeps_its_content_and_lies_in_huge_pages_where_the_system_has_them() -> None:
    pieces = [bytes([number % 251]) * 1000 for number in range(20_000)]
    gathered = gather_heap()
    assert all(piece == bytes([number % 251]) * 1000 for number, piece in enumerate(pieces))
    assert not gathered or kilobytes_of_heap("AnonHugePages") >= 2048


@pytest.mark.parametrize(
    ("start", "end", "whole"),
    [
        (HUGE + 1, 4 * HUGE - 1, (2 * HUGE, HUGE)),
        (HUGE, 3 * HUGE, (HUGE, 2 * HUGE)),
        (HUGE + 1, 2 * HUGE, (2 * HUGE, 0)),
    ],
)
def test_only_whole_huge_pages_are_gathered(start: int, end: int, whole: tuple[int, int]) -> None:
    assert pages._whole(start, end) == whole


def test_a_system_without_huge_pages_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_COLLAPSE", 12345)
    assert not gather_heap()


# In a process of its own, whose heap nobody else has left room in.
_FREED = """
from authsvc.biometrics.engines.pages import give_back
from pathlib import Path

def held():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty"))

pieces = [bytearray(b"1" * 40_000) for _ in range(2_000)]
above, before = bytearray(b"1" * 40_000), held()
pieces.clear()
print(give_back(), before - held(), above == b"1" * 40_000)
"""


def test_what_was_freed_below_something_in_use_is_given_back() -> None:
    ran = subprocess.run([sys.executable, "-c", _FREED], capture_output=True, text=True, check=True)
    given, kilobytes, is_there = ran.stdout.split()
    assert (given, is_there) == ("True", "True")
    assert int(kilobytes) > 60_000


def test_a_system_that_cannot_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert not give_back()


def test_a_worker_gives_back_when_a_sample_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    monkeypatch.setattr(tasks, "give_back", lambda: given.append("back"))
    judge = tasks.verify_capture
    task_postrun.send(sender=judge, task=judge, task_id="1")
    assert given == ["back"]
